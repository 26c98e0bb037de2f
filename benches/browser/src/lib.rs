//! The tests in `tests/` open the one page of HTML (`compare report`) in a real browser.
