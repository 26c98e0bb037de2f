//! How much a reader has to follow in a file of Rust: counts over its syntax tree.
//!
//! Tests are left out. A file is measured as it stands: what it calls elsewhere is not looked at, and
//! the inside of a macro call is not seen. `docs/readable.md` says what the counts are biased towards.
//!
//! This file is part of the build script and of a test, and not of the program.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};
use syn::{
    Arm, Attribute, BinOp, Block, Expr, ExprBlock, ExprCall, ExprClosure, ExprIf, ExprMatch,
    ExprPath, Field, ImplItemFn, Item, ItemFn, Local, PatGuard, PatIdent, Signature, Visibility,
};

/// What was counted in one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Lines with code on them: neither empty nor a comment alone.
    pub(crate) lines: u32,
    /// Functions and methods, closures left out.
    pub(crate) functions: u32,
    /// How many blocks stand within each other at most, the function's own left out. A closure, an
    /// `async` block, a loop, an `if`, a `match` and the `else` of a `let` are one each; an arm's
    /// braces and an `else if` are none of their own.
    pub(crate) nesting: u32,
    /// Where the way forks: `if`, `while`, `for`, `loop`, `?`, `&&`, `||`, the `else` of a `let`, each
    /// arm of a `match` after the first, and each guard of an arm.
    pub(crate) branches: u32,
    /// Values that the code moves by hand from one step of the task to the next. A step is a function
    /// that the file keeps to itself, or a closure that calls a function of the file. Each parameter of a step counts,
    /// each local variable that such a closure captures, and each field of a type that the file
    /// defines.
    pub(crate) carried: u32,
}

impl Counts {
    /// As a JSON object.
    pub(crate) fn to_json(self) -> String {
        let Self { lines, functions, nesting, branches, carried } = self;
        format!(
            r#"{{"lines":{lines},"functions":{functions},"nesting":{nesting},"branches":{branches},"carried":{carried}}}"#
        )
    }
}

/// Counts what is in this file.
///
/// # Errors
/// If it is no Rust, or has code after its tests, whose lines would not be counted.
pub(crate) fn measure(source: &str) -> Result<Counts, String> {
    let file = syn::parse_file(source).map_err(|error| error.to_string())?;
    let mut items = file.items;
    let code = items.iter().position(is_test).unwrap_or(items.len());
    if !items[code..].iter().all(is_test) {
        return Err("there is code after the tests".to_owned());
    }
    items.truncate(code);
    let mut names = Names::default();
    items.iter().for_each(|item| names.visit_item(item));
    let mut reader = Reader { functions: names.0, ..Reader::default() };
    items.iter().for_each(|item| reader.visit_item(item));
    reader.counts.lines = lines(source);
    Ok(reader.counts)
}

/// Lines with code before the tests. A comment has its lines to itself or stands after code.
fn lines(source: &str) -> u32 {
    let code = source.lines().map(str::trim).take_while(|line| *line != "#[cfg(test)]");
    let count = code.filter(|line| !line.is_empty() && !line.starts_with("//")).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn is_test(item: &Item) -> bool {
    let attributes: &[Attribute] = match item {
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => return false,
    };
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}

/// The names of the file's functions.
#[derive(Default)]
struct Names(BTreeSet<String>);

impl Visit<'_> for Names {
    fn visit_item_fn(&mut self, item: &ItemFn) {
        self.0.insert(item.sig.ident.to_string());
        visit::visit_item_fn(self, item);
    }
}

/// Walks over a file and counts.
#[derive(Default)]
struct Reader {
    functions: BTreeSet<String>,
    /// The names that are bound in the function that is walked over.
    bound: BTreeSet<String>,
    depth: u32,
    counts: Counts,
}

impl Reader {
    fn function(&mut self, visibility: &Visibility, signature: &Signature, body: &Block) {
        self.counts.functions += 1;
        if matches!(visibility, Visibility::Inherited) {
            self.counts.carried += count(signature.inputs.len());
        }
        let mut bound = Bound::default();
        signature.inputs.iter().for_each(|input| bound.visit_fn_arg(input));
        bound.visit_block(body);
        let outer = (std::mem::replace(&mut self.bound, bound.0), std::mem::take(&mut self.depth));
        self.statements(body);
        (self.bound, self.depth) = outer;
    }

    /// A block whose braces have been counted with what it belongs to.
    fn statements(&mut self, block: &Block) {
        block.stmts.iter().for_each(|statement| self.visit_stmt(statement));
    }

    fn body(&mut self, body: &Expr) {
        match body {
            Expr::Block(ExprBlock { block, .. }) => self.statements(block),
            other => self.visit_expr(other),
        }
    }

    fn deeper(&mut self, inner: impl FnOnce(&mut Self)) {
        self.depth += 1;
        self.counts.nesting = self.counts.nesting.max(self.depth);
        inner(self);
        self.depth -= 1;
    }

    fn step(&mut self, closure: &ExprClosure) {
        let mut inside = Inside { functions: &self.functions, calls: false, used: BTreeSet::new() };
        inside.visit_expr(&closure.body);
        if inside.calls {
            let mut own = Bound::default();
            own.visit_expr_closure(closure);
            let captured = inside
                .used
                .iter()
                .filter(|name| self.bound.contains(*name) && !own.0.contains(*name));
            self.counts.carried += count(closure.inputs.len()) + count(captured.count());
        }
    }
}

impl Visit<'_> for Reader {
    fn visit_item_fn(&mut self, item: &ItemFn) {
        self.function(&item.vis, &item.sig, &item.block);
    }

    fn visit_impl_item_fn(&mut self, item: &ImplItemFn) {
        self.function(&item.vis, &item.sig, &item.block);
    }

    fn visit_field(&mut self, _: &Field) {
        self.counts.carried += 1;
    }

    fn visit_block(&mut self, block: &Block) {
        self.deeper(|reader| reader.statements(block));
    }

    fn visit_expr_closure(&mut self, closure: &ExprClosure) {
        self.step(closure);
        self.deeper(|reader| reader.body(&closure.body));
    }

    fn visit_expr_if(&mut self, expr: &ExprIf) {
        self.counts.branches += 1;
        self.visit_expr(&expr.cond);
        self.visit_block(&expr.then_branch);
        match expr.else_branch.as_ref().map(|(_, otherwise)| &**otherwise) {
            Some(Expr::If(next)) => self.visit_expr_if(next),
            Some(otherwise) => self.deeper(|reader| reader.body(otherwise)),
            None => {}
        }
    }

    fn visit_expr_match(&mut self, expr: &ExprMatch) {
        self.counts.branches += count(expr.arms.len().saturating_sub(1));
        self.visit_expr(&expr.expr);
        self.deeper(|reader| expr.arms.iter().for_each(|arm| reader.visit_arm(arm)));
    }

    fn visit_arm(&mut self, arm: &Arm) {
        self.visit_pat(&arm.pat);
        self.body(&arm.body);
    }

    fn visit_pat_guard(&mut self, pattern: &PatGuard) {
        self.counts.branches += 1;
        visit::visit_pat_guard(self, pattern);
    }

    fn visit_expr(&mut self, expr: &Expr) {
        let forks =
            matches!(expr, Expr::While(_) | Expr::ForLoop(_) | Expr::Loop(_) | Expr::Try(_));
        self.counts.branches += u32::from(forks);
        visit::visit_expr(self, expr);
    }

    fn visit_bin_op(&mut self, operator: &BinOp) {
        self.counts.branches += u32::from(matches!(operator, BinOp::And(_) | BinOp::Or(_)));
    }

    fn visit_local(&mut self, local: &Local) {
        let Some(init) = &local.init else { return };
        self.visit_expr(&init.expr);
        if let Some((_, otherwise)) = &init.diverge {
            self.counts.branches += 1;
            self.deeper(|reader| reader.body(otherwise));
        }
    }
}

/// The names that something binds, closures left out unless it is one itself.
#[derive(Default)]
struct Bound(BTreeSet<String>);

impl Visit<'_> for Bound {
    fn visit_pat_ident(&mut self, pattern: &PatIdent) {
        self.0.insert(pattern.ident.to_string());
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_expr(&mut self, expr: &Expr) {
        if !matches!(expr, Expr::Closure(_)) {
            visit::visit_expr(self, expr);
        }
    }
}

/// What is used within a closure.
struct Inside<'a> {
    functions: &'a BTreeSet<String>,
    /// Whether a function of the file is called.
    calls: bool,
    /// Names that stand alone where a value is.
    used: BTreeSet<String>,
}

impl Visit<'_> for Inside<'_> {
    fn visit_expr_call(&mut self, call: &ExprCall) {
        if let Expr::Path(function) = &*call.func
            && let [segment] = &*function.path.segments.iter().collect::<Vec<_>>()
        {
            self.calls |= self.functions.contains(&segment.ident.to_string());
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_path(&mut self, path: &ExprPath) {
        self.used.extend(path.path.get_ident().map(ToString::to_string));
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
