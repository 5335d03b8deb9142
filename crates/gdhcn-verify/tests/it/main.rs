//! Integration tests of `gdhcn-verify`.

mod dgc_testdata;
