//! The program as a whole: the binary is run in folders of its own and judged by what it writes
//! and how it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod acceptance;
mod audit;
mod audit_of_a_gateway;
mod corpus;
mod decode;
mod demo;
mod demo_by_hand;
mod deployed;
mod federation;
mod forge;
mod gateway_faults;
mod gateway_import;
mod gateway_operating;
mod help;
mod hostile_inputs;
mod hostile_text;
mod hostile_trust;
mod issuers;
mod jobs;
mod onboarding;
mod participant_lint;
mod participants_page;
mod program;
mod prompts;
mod service;
mod trust_anchor;
mod trust_list;
mod trust_list_published;
mod trust_lists;
mod trust_store;
mod trust_sync;
mod verifier_service;
mod verify_answers;
mod verify_clock;
mod verify_export;
mod verify_inputs;
mod verify_many;
mod verify_trust;
