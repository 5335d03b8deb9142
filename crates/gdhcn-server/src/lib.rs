//! HTTP services: the gateway.
