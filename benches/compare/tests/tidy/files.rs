//! Which file of a crate uses which, and the circles in that.
//!
//! A file uses another if it names something that the other defines: by `use`, or by a path in its
//! code. What a file only hands on (`pub use`, `mod`) is composition and no use. Tests do not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Item, UseTree, Visibility};

type Module = Vec<String>;

/// Every source below this folder but what is built.
pub(crate) fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for path in entries.map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The sets of files of the crate in this folder that use each other in a circle.
pub(crate) fn circles(folder: &Path) -> Vec<BTreeSet<PathBuf>> {
    let files: BTreeMap<Module, File> = sources(folder)
        .into_iter()
        .map(|path| (module_of(path.strip_prefix(folder).unwrap()), File::read(&path)))
        .collect();
    let uses: BTreeMap<&Module, BTreeSet<&Module>> = files
        .iter()
        .map(|(module, file)| {
            let named = file.names.iter().filter_map(|path| defined_in(&files, module, path, 0));
            (module, named.filter(|other| *other != module).collect())
        })
        .collect();
    let reach = |from: &Module| {
        let mut reached: BTreeSet<&Module> = BTreeSet::new();
        let mut open: Vec<&Module> = uses.get(from).into_iter().flatten().copied().collect();
        while let Some(next) = open.pop() {
            if reached.insert(next) {
                open.extend(uses.get(next).into_iter().flatten().copied());
            }
        }
        reached
    };
    let reached: BTreeMap<&Module, BTreeSet<&Module>> =
        files.keys().map(|module| (module, reach(module))).collect();
    let circle_of = |module: &Module| -> BTreeSet<PathBuf> {
        let both = |other: &&&Module| reached[**other].contains(module);
        let circle = reached[module].iter().filter(both);
        circle.map(|other| files[*other].path.clone()).collect()
    };
    let circles: BTreeSet<BTreeSet<PathBuf>> = files.keys().map(circle_of).collect();
    circles.into_iter().filter(|circle| circle.len() > 1).collect()
}

/// `a::b` of `a/b.rs` and of `a/b/mod.rs`; nothing of `lib.rs`.
fn module_of(path: &Path) -> Module {
    let mut module: Module =
        path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
        module.pop();
    }
    module
}

/// The file that defines what this path names, as seen from a module.
fn defined_in<'a>(
    files: &'a BTreeMap<Module, File>,
    from: &Module,
    path: &[String],
    depth: usize,
) -> Option<&'a Module> {
    let mut module = from.clone();
    let mut parts = path;
    match path.first()?.as_str() {
        "crate" => module.clear(),
        "self" => {}
        "super" => drop(module.pop()),
        first => {
            module.push(first.to_owned());
            if !files.contains_key(&module) {
                return None;
            }
            module.pop();
            parts = &[];
        }
    }
    let rest = if parts.is_empty() { path } else { &path[1..] };
    let mut rest = rest.iter().peekable();
    while let Some(part) = rest.peek() {
        if part.as_str() == "super" {
            module.pop();
        } else {
            module.push((*part).clone());
            if !files.contains_key(&module) {
                module.pop();
                break;
            }
        }
        rest.next();
    }
    let (module, file) = files.get_key_value(&module)?;
    let name = rest.next()?;
    // What a file only hands on is defined elsewhere.
    match file.handed_on.get(name) {
        Some(path) if depth < 8 => defined_in(files, module, path, depth + 1),
        _ if name == "*" => None,
        _ => Some(module),
    }
}

/// What a file names and what it hands on.
struct File {
    path: PathBuf,
    names: Vec<Vec<String>>,
    handed_on: BTreeMap<String, Vec<String>>,
}

impl File {
    fn read(path: &Path) -> Self {
        let parsed = syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap();
        let mut file = Self { path: path.to_owned(), names: vec![], handed_on: BTreeMap::new() };
        file.visit_file(&parsed);
        file
    }

    fn add_use(&mut self, tree: &UseTree, before: &[String], is_handed_on: bool) {
        let with = |name: String| [before, &[name]].concat();
        let (name, path) = match tree {
            UseTree::Path(path) => {
                return self.add_use(&path.tree, &with(path.ident.to_string()), is_handed_on);
            }
            UseTree::Group(group) => {
                return group
                    .items
                    .iter()
                    .for_each(|tree| self.add_use(tree, before, is_handed_on));
            }
            UseTree::Name(name) if name.ident == "self" => return,
            UseTree::Name(name) => (name.ident.to_string(), with(name.ident.to_string())),
            UseTree::Rename(rename) => (rename.rename.to_string(), with(rename.ident.to_string())),
            UseTree::Glob(_) => ("*".into(), with("*".into())),
        };
        if is_handed_on {
            self.handed_on.insert(name, path);
        } else {
            self.names.push(path);
        }
    }
}

impl<'ast> Visit<'ast> for File {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Mod(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            _ => return visit::visit_item(self, item),
        };
        let is_test = |attribute: &syn::Attribute| {
            attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Ident>().is_ok_and(|cfg| cfg == "test")
        };
        if attributes.iter().any(is_test) {
            return;
        }
        match item {
            Item::Use(item) => {
                let is_handed_on = !matches!(item.vis, Visibility::Inherited);
                self.add_use(&item.tree, &[], is_handed_on);
            }
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|part| part.ident.to_string()).collect();
        if parts.len() > 1 {
            self.names.push(parts);
        }
        visit::visit_path(self, path);
    }
}
