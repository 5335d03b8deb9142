//! Countries, participants, domains, usages and product codes: codes and their names.
