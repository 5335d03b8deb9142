//! What is wrong with a text, in one line.

use super::ConfigError;

pub(super) fn at_place(place: Option<(usize, usize)>) -> String {
    place.map(|(line, column)| format!(", line {line}, column {column}")).unwrap_or_default()
}

/// Without the piece of the text that the reader shows: errors are one line, here and in the log.
pub(super) fn error(text: &str, error: &toml::de::Error) -> ConfigError {
    let before = error.span().and_then(|span| text.get(..span.start));
    let place = before.map(|before| {
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    });
    ConfigError::Syntax { place, message: error.message().replace('\n', ", ") }
}

#[cfg(test)]
mod tests {
    use crate::config::GatewayConfig;

    #[test]
    fn a_fault_is_one_line_with_its_place() {
        for (text, wanted) in [
            ("a = 1\nlisten = [\n", "line 2, column 11"),
            ("\nlog_levle = 'info'\n", "line 2, column 1: unknown field `log_levle`"),
            ("database = 'd'\ndatabase = 'e'\n", "line 2, column 1"),
        ] {
            let said = GatewayConfig::from_toml(text).unwrap_err().to_string();
            assert!(said.starts_with("configuration, line"), "{said}");
            assert!(said.contains(wanted), "{said}");
            assert!(!said.contains('\n') && !said.contains('^'), "{said}");
        }
    }
}
