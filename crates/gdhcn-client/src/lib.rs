//! Speak to gateways.
