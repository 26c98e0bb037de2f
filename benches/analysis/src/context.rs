//! What every part of the analysis starts from: the record, its cells by series, and their fits.

use record::Record;
use serde::Serialize;

use crate::contestant::Id;
use crate::estimate::{Bootstrap, Draws};
use crate::figure::Figure;
use crate::index::Index;
use crate::measured::Measured;
use crate::reading::Reading;
use crate::series::{Series, Shape};

/// What every part of the analysis starts from.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) record: &'a Record,
    pub(crate) index: Index<'a>,
    pub(crate) measured: Vec<Measured>,
    pub(crate) basis: Basis,
    pub(crate) draws: Draws,
}

/// By which figure contestants are held against each other in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Private memory and the kernel's part, as a control group has it.
    FullBill,
    /// Private memory, page tables and kernel stacks: without a control group, a lower bound.
    KnownBill,
}

impl Basis {
    /// The figure.
    pub const fn figure(self) -> Figure {
        match self {
            Self::FullBill => Figure::FullBill,
            Self::KnownBill => Figure::KnownBill,
        }
    }

    pub(crate) fn of(index: &Index<'_>) -> Self {
        let mut cells = index.iter().flat_map(|(_, cells)| &cells.timed);
        let has_full_bill = cells.any(|cell| Figure::FullBill.read(cell).is_some());
        if has_full_bill { Self::FullBill } else { Self::KnownBill }
    }
}

impl<'a> Context<'a> {
    pub(crate) fn of(record: &'a Record) -> Self {
        let index = Index::of(record);
        let draws = Draws::of(record, None);
        let measured =
            index.iter().map(|(series, cells)| Measured::of(series, cells, &draws)).collect();
        let basis = Basis::of(&index);
        Self { record, index, measured, basis, draws }
    }

    /// What was measured of this series.
    pub(crate) fn get(&self, series: &Series) -> Option<&Measured> {
        find(&self.measured, &series.contestant, &series.shape)
    }

    /// The readings of this figure in this series; none where the record has no such series.
    pub(crate) fn readings(&self, series: &Series, figure: Figure) -> Vec<Reading> {
        self.index.get(series).map_or_else(Vec::new, |cells| cells.readings(figure))
    }

    /// The draws of a figure of cells with these names.
    pub(crate) fn bootstrap(&self, names: &[&str]) -> Bootstrap {
        self.draws.of_cells(names)
    }
}

/// What was measured of a contestant in work of this shape, found in what an index yields in its order.
pub(crate) fn find<'m>(all: &'m [Measured], id: &Id, shape: &Shape) -> Option<&'m Measured> {
    let order = |of: &Measured| (&of.series.contestant, &of.series.shape).cmp(&(id, shape));
    Some(&all[all.binary_search_by(order).ok()?])
}
