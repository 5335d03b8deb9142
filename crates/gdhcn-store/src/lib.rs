//! Persistence of the gateway.
