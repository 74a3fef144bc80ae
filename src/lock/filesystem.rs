//! Whether locks on a file system exclude everybody who can see the files.
//!
//! The danger is a shared file system that grants locks without asking the server: each machine then has a lock of its own, and nobody says so.

use std::path::{Path, PathBuf};

/// What is known of a file system's locks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// They hold for all who see the files.
    Trusted,
    /// They hold for this machine at most, or not at all.
    Refused {
        /// Why, and what to do.
        reason: String,
    },
    /// Nobody knows; they are used.
    Unknown,
}

/// Judges the file system that `path` is on, as it is mounted now. `path` is absolute and has no symbolic links.
///
/// Systems without `/proc/self/mountinfo` give no answer: `Unknown`.
#[must_use]
pub fn judge_mounted(path: &Path) -> Verdict {
    std::fs::read_to_string("/proc/self/mountinfo").map_or(Verdict::Unknown, |text| judge(&text, path))
}

/// Judges the file system that `path` is on, from the text of `/proc/self/mountinfo` (`proc_pid_mountinfo(5)`).
#[must_use]
pub fn judge(mountinfo: &str, path: &Path) -> Verdict {
    let mounts = mountinfo.lines().filter_map(Mount::parse).filter(|mount| path.starts_with(&mount.point));
    // Of two mounts on one directory the later one lies on top; `max_by_key` takes the last of equals.
    mounts.max_by_key(|mount| mount.point.components().count()).map_or(Verdict::Unknown, |mount| mount.judge())
}

/// One line of the table of mounts.
struct Mount<'a> {
    point: PathBuf,
    kind: &'a str,
    options: Vec<&'a str>,
}

impl<'a> Mount<'a> {
    /// `36 35 98:0 /root /mount/point options tag:1 … - type source super-options`
    fn parse(line: &'a str) -> Option<Self> {
        let (mount, file_system) = line.split_once(" - ")?;
        let mut mount = mount.split(' ').skip(4);
        let point = PathBuf::from(unescape(mount.next()?));
        let own_options = mount.next()?;
        let mut file_system = file_system.split(' ');
        let kind = file_system.next()?;
        let options = own_options.split(',').chain(file_system.nth(1)?.split(',')).collect();
        Some(Self { point, kind, options })
    }

    fn has(&self, option: &str) -> bool {
        self.options.contains(&option)
    }

    fn judge(&self) -> Verdict {
        let refused = |why: &str, instead: &str| Verdict::Refused {
            reason: format!("`{}` is {} {why}; {instead}", self.point.display(), self.kind),
        };
        let elsewhere = "use a cache directory on a local disk";
        match self.kind {
            "ext2" | "ext3" | "ext4" | "xfs" | "btrfs" | "zfs" | "f2fs" | "bcachefs" | "jfs" | "reiserfs" | "tmpfs"
            | "ramfs" | "overlay" | "aufs" | "vfat" | "exfat" | "ntfs3" | "apfs" | "ceph" | "gpfs" => Verdict::Trusted,
            "nfs" | "nfs4" => {
                let local =
                    ["nolock", "local_lock=flock", "local_lock=all"].into_iter().find(|option| self.has(option));
                match local {
                    Some(option) => refused(
                        &format!("mounted with `{option}`, so its locks hold on this machine alone"),
                        "mount it without that option",
                    ),
                    None => Verdict::Trusted,
                }
            }
            "cifs" | "smb3" if self.has("nobrl") => {
                refused("mounted with `nobrl`, so its locks hold on this machine alone", "mount it without that option")
            }
            "lustre" if self.has("flock") => Verdict::Trusted,
            "lustre" => {
                refused("mounted without `flock`, so its locks hold on this machine alone", "mount it with that option")
            }
            "gfs2" | "ocfs2" if self.has("localflocks") => refused(
                "mounted with `localflocks`, so its locks hold on this machine alone",
                "mount it without that option",
            ),
            "gfs2" | "ocfs2" => Verdict::Trusted,
            "9p" => refused("whose servers may grant every lock to everybody", elsewhere),
            "fuse.sshfs" => refused("whose locks hold on this machine alone", elsewhere),
            // cifs maps them to mandatory locks of its own rules; virtiofs and other FUSE servers may or may not know them
            _ => Verdict::Unknown,
        }
    }
}

/// Undoes the octal escapes of space, tab, line feed and backslash.
fn unescape(field: &str) -> String {
    let mut text = String::with_capacity(field.len());
    let mut rest = field;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 4).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match code {
            Some(code) => {
                text.push(char::from(code));
                rest = &rest[at + 4..];
            }
            None => {
                text.push('\\');
                rest = &rest[at + 1..];
            }
        }
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = r"
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
23 22 0:5 / /tmp rw,nosuid shared:2 - tmpfs tmpfs rw,size=1024k
24 22 0:40 / /overlay rw - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w
30 22 0:50 / /nfs/good rw,relatime shared:9 master:3 - nfs4 srv:/home rw,vers=4.2,local_lock=none,addr=10.0.0.1
31 22 0:51 / /nfs/none rw - nfs srv:/x rw,vers=3,hard
32 22 0:52 / /nfs/flock rw - nfs srv:/x rw,vers=3,local_lock=flock,addr=10.0.0.1
33 22 0:53 / /nfs/all rw - nfs srv:/x rw,vers=3,local_lock=all
34 22 0:54 / /nfs/posix rw - nfs srv:/x rw,vers=3,local_lock=posix
35 22 0:55 / /nfs/nolock rw - nfs srv:/x rw,vers=3,nolock,local_lock=none
36 22 0:56 / /nfs4/flock rw - nfs4 srv:/x rw,vers=4.2,local_lock=flock,addr=10.0.0.1
37 22 0:57 / /nfs4/all rw - nfs4 srv:/x rw,vers=4.1,local_lock=all,addr=10.0.0.1
40 22 0:60 / /cifs rw - cifs //srv/share rw,vers=3.1.1
41 22 0:61 / /cifs/nobrl rw - cifs //srv/share rw,nobrl
42 22 0:62 / /9p rw - 9p share rw,trans=virtio,version=9p2000.L
43 22 0:63 / /virtiofs rw - virtiofs share rw
44 22 0:64 / /ssh rw - fuse.sshfs me@host: rw,user_id=0
45 22 0:65 / /lustre rw - lustre srv:/x rw,flock
46 22 0:66 / /lustre/local rw - lustre srv:/x rw,localflock
47 22 0:67 / /gfs rw - gfs2 srv:/x rw,localflocks
50 22 0:70 / /with\040space rw - 9p share rw
51 22 0:71 / /twice rw - 9p share rw
52 51 0:72 / /twice rw - ext4 /dev/vdb rw
";

    #[test]
    fn file_systems_are_judged_by_kind_and_options() {
        let check = |path: &str, expect: &str| {
            let verdict = match judge(TABLE, Path::new(path)) {
                Verdict::Trusted => "trusted".to_owned(),
                Verdict::Unknown => "unknown".to_owned(),
                Verdict::Refused { reason } => reason,
            };
            assert!(verdict.contains(expect), "{path}: {verdict}");
        };
        check("/home/me/.cache", "trusted");
        check("/", "trusted");
        check("/tmp/x", "trusted");
        check("/tmpfoo", "trusted");
        check("/overlay/x", "trusted");
        check("/nfs/good/locks", "trusted");
        check("/nfs/none", "trusted");
        check("/nfs/posix", "trusted");
        check(
            "/nfs/flock/x",
            "`/nfs/flock` is nfs mounted with `local_lock=flock`, so its locks hold on this machine alone",
        );
        check("/nfs/all/x", "`local_lock=all`");
        check("/nfs/nolock/x", "`nolock`");
        check("/nfs4/flock/x", "`/nfs4/flock` is nfs4 mounted with `local_lock=flock`");
        check("/nfs4/all/x", "`local_lock=all`");
        check("/cifs/x", "unknown");
        check("/cifs/nobrl/x", "`nobrl`");
        check("/9p/x", "may grant every lock");
        check("/virtiofs/x", "unknown");
        check("/ssh/x", "this machine alone");
        check("/lustre/x", "trusted");
        check("/lustre/local/x", "without `flock`");
        check("/gfs/x", "`localflocks`");
        check("/with space/x", "`/with space` is 9p");
        check("/twice/x", "trusted");
    }

    #[test]
    fn nonsense_is_unknown() {
        for text in ["", "\n\n", "1 2 3", "22 1 254:1 / /", "22 1 254:1 / / rw -", "22 1 254:1 / /\\04 rw - ext4 x rw"]
        {
            assert_eq!(judge(text, Path::new("/x")), Verdict::Unknown, "{text}");
        }
    }
}
