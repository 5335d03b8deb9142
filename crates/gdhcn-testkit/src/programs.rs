use std::path::PathBuf;

/// A program that cannot be had everywhere, such as `helm`: where `GDHCN_HELM` says. `None`, said
/// loudly, where that is not set.
///
/// `cargo xtask test` sets it where it finds or installs the program, and says at its end which ones
/// it had to do without.
///
/// # Panics
///
/// When the program is absent and `GDHCN_REQUIRE_HELM=1`.
pub fn optional_program(name: &str) -> Option<PathBuf> {
    let name = name.to_ascii_uppercase().replace('-', "_");
    let variable = format!("GDHCN_{name}");
    if let Some(program) = std::env::var_os(&variable) {
        return Some(program.into());
    }
    let message =
        format!("!!! {name} ABSENT: {variable} names no program. This test proved nothing.");
    let required = std::env::var_os(format!("GDHCN_REQUIRE_{name}"));
    assert!(required.is_none_or(|value| value != "1"), "{message}");
    eprintln!("{message}");
    None
}
