//! Is the install engine at work? Its log says when an operation began and when it ended.

/// The operation that has begun last and not ended: `[12|install_add]: START Mon …` without a
/// `[12|install_add]: END …` behind it. An operation that the reload of its own activation cut off is
/// followed by the one that the boot writes, and is not the last.
///
/// Source: format of `show install log` in Cisco's install guides for IOS-XE 17.
#[must_use]
pub(crate) fn running_operation(text: &str) -> Option<String> {
    let mut open: Option<(&str, &str)> = None;
    for line in text.lines().map(str::trim) {
        let Some((tag, rest)) = line.strip_prefix('[').and_then(|l| l.split_once("]: ")) else {
            continue;
        };
        // `[12|install_add(INFO, )]: …` belongs to the operation and neither begins nor ends it.
        let Some((_, name)) = tag.split_once('|') else {
            continue;
        };
        if name.contains('(') {
            continue;
        }
        if rest.starts_with("START") {
            open = Some((tag, rest));
        } else if rest.starts_with("END") && open.is_some_and(|(t, _)| t == tag) {
            open = None;
        }
    }
    open.map(|(tag, rest)| {
        let name = tag.split_once('|').map_or(tag, |(_, name)| name);
        format!("{name} ({})", rest.to_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_operation_decides() {
        let ended = "[0|install_op_boot]: START Mon\n[0|install_op_boot]: END SUCCESS  Mon\n[1|install_add]: START Tue\n[1|install_add(INFO, )]: Adding\n[1|install_add]: END SUCCESS  Tue\n";
        assert_eq!(running_operation(ended), None);
        let running = format!("{ended}[2|install_activate]: START Wed\n");
        assert_eq!(
            running_operation(&running).unwrap(),
            "install_activate (start wed)"
        );
        let cut_off =
            format!("{running}[3|install_op_boot]: START Wed\n[3|install_op_boot]: END SUCCESS\n");
        assert_eq!(running_operation(&cut_off), None);
        assert_eq!(running_operation("no log\n"), None);
    }
}
