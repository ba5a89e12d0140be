//! Entries of software lists that tell of .NET Framework.

use kbgap_catalog::Version;

use super::framework::{Framework, FrameworkLine};

/// What an entry of a software list tells of .NET Framework.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DotNetEntry {
    pub(super) release: Framework,
    /// The build of a line that a file's version tells.
    pub(super) file: Option<(FrameworkLine, u32)>,
}

impl DotNetEntry {
    /// What an entry of Microsoft's tells; `None` for what developers compile against and
    /// all that is no framework.
    pub(crate) fn of(name: &str, version: &str) -> Option<Self> {
        let name = name.to_lowercase().replace('_', " ");
        let name = name.strip_prefix("microsoft ").unwrap_or(&name);
        let rest = name.strip_prefix(".net framework")?.trim_start();
        if [" pack", " sdk", " tools"]
            .iter()
            .any(|tool| rest.contains(tool))
        {
            return None;
        }
        let version = Version::parse(version);
        let of_version = || version.as_ref().and_then(Framework::of_version);
        let release = match rest.split(' ').next() {
            None | Some("") => of_version()?,
            Some(word) => {
                let named = Framework::of_name(word)?;
                // "Microsoft .NET Framework 4" says less than its version.
                match named {
                    Framework::Before452 => of_version().unwrap_or(named),
                    named => named,
                }
            }
        };
        let file = version.as_ref().and_then(FrameworkLine::of_file);
        Some(Self {
            release,
            file: file.filter(|(line, build)| *build > line.shipped()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_frameworks() {
        for (name, version, release, build) in [
            (
                "Microsoft .NET Framework 4.8",
                "4.8.03761",
                Framework::V48,
                None,
            ),
            (
                "Microsoft .NET Framework 4.8",
                "4.8.4718.0",
                Framework::V48,
                Some(4_718),
            ),
            // It may be the version that was installed first.
            (
                "Microsoft .NET Framework 4.8",
                "4.8.4084.0",
                Framework::V48,
                None,
            ),
            (
                "Microsoft .NET Framework 4.8.1 (Deutsch)",
                "4.8.09037",
                Framework::V481,
                None,
            ),
            ("Microsoft .NET Framework 3.5 SP1", "", Framework::V35, None),
            (".net_framework", "4.7.2", Framework::V472, None),
            (
                "Microsoft .NET Framework 4 Client Profile",
                "4.0.30319",
                Framework::Before452,
                None,
            ),
        ] {
            let entry = DotNetEntry::of(name, version).unwrap();
            assert_eq!(entry.release, release, "{name} {version}");
            assert_eq!(entry.file.map(|f| f.1), build, "{name} {version}");
        }
        for name in [
            "Microsoft .NET Framework 4.8 Targeting Pack (ENU)",
            "Microsoft .NET Framework 4.8 SDK",
            "Microsoft .NET Runtime - 8.0.1 (x64)",
            ".net_framework",
        ] {
            assert_eq!(DotNetEntry::of(name, ""), None, "{name}");
        }
    }
}
