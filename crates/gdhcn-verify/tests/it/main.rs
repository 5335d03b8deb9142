//! Integration tests of `gdhcn-verify`.

mod dgc_testdata;
mod flaws;
mod forge;
