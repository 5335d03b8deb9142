//! Behaviour of the crate as a whole, on published corpora and on generated input.

mod dcc_schema;
mod dgc_cases;
mod generated;
mod samples;
mod timing;
