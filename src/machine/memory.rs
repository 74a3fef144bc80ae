//! Memory and the pressure on it.

/// The part of all memory that is kept free, as a divisor.
const RESERVE: u64 = 10;
/// The least that is kept free, in bytes.
const LEAST_RESERVE: u64 = 256 << 20;
/// In percent: when more of the last ten seconds was lost with waiting for memory, no further step is admitted.
const MOST_PRESSURE: f64 = 10.0;

/// Tells how much memory there is.
pub trait Pressure: Send + Sync {
    /// The state of memory now; `None` where nobody knows.
    fn read(&self) -> Option<Reading>;
}

/// Memory at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// All of it, in bytes.
    pub total: u64,
    /// What programs could still take without swapping, in bytes.
    pub available: u64,
    /// The share of the last ten seconds in which some task waited for memory, in percent; `None` where the kernel does not tell.
    pub pressure: Option<f64>,
}

impl Reading {
    /// How much a further step may take, in bytes: what is available beyond a tenth of all memory (at least 256 MiB), and nothing
    /// while tasks spend more than a tenth of their time waiting for memory.
    #[must_use]
    pub fn room(&self) -> u64 {
        if self.pressure.is_some_and(|percent| percent > MOST_PRESSURE) {
            return 0;
        }
        self.available.saturating_sub((self.total / RESERVE).max(LEAST_RESERVE))
    }
}

/// The memory of this machine, from Linux' `/proc/meminfo` (`proc_meminfo(5)`) and `/proc/pressure/memory` (the kernel's
/// `Documentation/accounting/psi.rst`).
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalMemory;

impl Pressure for LocalMemory {
    fn read(&self) -> Option<Reading> {
        let (total, available) = memory(&std::fs::read_to_string("/proc/meminfo").ok()?)?;
        let pressure = std::fs::read_to_string("/proc/pressure/memory").ok().and_then(|text| some_avg10(&text));
        Some(Reading { total, available, pressure })
    }
}

/// `MemTotal` and `MemAvailable`, in bytes.
fn memory(meminfo: &str) -> Option<(u64, u64)> {
    let field = |name: &str| {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
    };
    Some((field("MemTotal")?, field("MemAvailable")?))
}

/// `avg10` of the line `some`.
fn some_avg10(pressure: &str) -> Option<f64> {
    let line = pressure.lines().find_map(|line| line.strip_prefix("some "))?;
    line.split(' ').find_map(|field| field.strip_prefix("avg10="))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_files_are_read() {
        let text = "MemTotal:       16384000 kB\nMemFree:          100000 kB\nMemAvailable:    8192000 kB\n";
        assert_eq!(memory(text), Some((16_384_000 * 1024, 8_192_000 * 1024)));
        for nonsense in
            ["", "MemTotal: 5 kB\n", "MemTotal: x kB\nMemAvailable: 1 kB\n", "MemTotal: 5\nMemAvailable: 5\n"]
        {
            assert_eq!(memory(nonsense), None, "{nonsense}");
        }
        let text = "some avg10=12.34 avg60=1.00 avg300=0.00 total=1\nfull avg10=3.00 avg60=0.00 avg300=0.00 total=1\n";
        assert_eq!(some_avg10(text), Some(12.34));
        assert_eq!(some_avg10("full avg10=1.0\n"), None);
        assert_eq!(some_avg10("some avg10=x\n"), None);
    }

    #[test]
    fn a_reserve_is_kept_and_pressure_leaves_no_room() {
        let check = |total: u64, available: u64, pressure: Option<f64>, expect: u64| {
            let reading = Reading { total: total << 20, available: available << 20, pressure };
            assert_eq!(reading.room(), expect << 20, "{reading:?}");
        };
        check(10_000, 5_000, None, 4_000);
        check(10_000, 1_000, None, 0);
        check(1_000, 300, Some(0.0), 44);
        check(1_000, 200, Some(0.0), 0);
        check(10_000, 5_000, Some(10.0), 4_000);
        check(10_000, 5_000, Some(10.1), 0);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_machine_has_memory() {
        let reading = LocalMemory.read().unwrap();
        assert!(0 < reading.available && reading.available <= reading.total, "{reading:?}");
    }
}
