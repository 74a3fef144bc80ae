//! Sizes on the command line.

/// Units and their bytes.
const UNITS: [(&str, u64); 9] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("kb", 1000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("b", 1),
];

/// Reads a number of bytes with its unit: `10GB`, `1.5 GiB`. Only `0` needs none: who types `10` hardly means ten bytes.
pub fn parse(text: &str) -> Result<u64, String> {
    if text == "0" {
        return Ok(0);
    }
    let wrong = || "write it as `10GB` or `512MiB`".to_owned();
    let lower = text.to_ascii_lowercase();
    let unit = UNITS.iter().find_map(|(unit, bytes)| Some((lower.strip_suffix(unit)?.trim_end(), *bytes)));
    let is_bare = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let (number, unit) = unit.ok_or_else(|| match is_bare {
        true => format!("a size needs a unit: `{text}GB` or `{text}MiB`"),
        false => wrong(),
    })?;
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(part) || part.len() > 9 {
        return Err(wrong());
    }
    // In whole numbers: a limit must not be off by what floats lose.
    let scale = 10_u64.pow(u32::try_from(part.len()).map_err(|_| wrong())?);
    let (whole, part): (u64, u64) = (whole.parse().map_err(|_| wrong())?, part.parse().map_err(|_| wrong())?);
    let part = u64::try_from(u128::from(part) * u128::from(unit) / u128::from(scale)).map_err(|_| wrong())?;
    whole.checked_mul(unit).and_then(|whole| whole.checked_add(part)).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in [
            ("0", 0),
            ("812B", 812),
            ("10GB", 10_000_000_000),
            ("10 gb", 10_000_000_000),
            ("512MiB", 512 << 20),
            ("1.5KiB", 1536),
            ("0.25kB", 250),
            ("2TB", 2_000_000_000_000),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        for bad in ["", "GB", "-1GB", "1e3", "10G", "1,5GB", ".5GB", "1.GB", "10 PB", "99999999999TB", "ten"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        for bare in ["10", "812", "1.5"] {
            assert_eq!(parse(bare), Err(format!("a size needs a unit: `{bare}GB` or `{bare}MiB`")));
        }
    }
}
