//! The forms of reports that are known.

use std::fmt;

/// The form of a report, told by its content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// The native JSON document.
    #[default]
    Native,
    /// The text of `systeminfo`.
    Systeminfo,
    /// `wmic qfe` or `Get-HotFix`.
    Hotfixes,
    /// `Get-ComputerInfo`.
    ComputerInfo,
    /// A list of installed software, as PowerShell reads it from the registry.
    SoftwareList,
    /// A registry export (`.reg`), or what `reg query` prints.
    Registry,
    /// A table with a header: CSV, or columns of a console.
    Table,
    /// A scan result of Vuls.
    Vuls,
    /// Machines of Microsoft Defender.
    MdeMachines,
    /// Software or vulnerabilities by machine, exported from Microsoft Defender.
    MdeSoftware,
    /// A CycloneDX bill of materials.
    CycloneDx,
    /// Rows of osquery's tables.
    Osquery,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Native => "the native document",
            Self::Systeminfo => "a systeminfo",
            Self::Hotfixes => "a list of hotfixes",
            Self::ComputerInfo => "a Get-ComputerInfo",
            Self::SoftwareList => "a list of software",
            Self::Registry => "a registry export",
            Self::Table => "a table",
            Self::Vuls => "a scan result of Vuls",
            Self::MdeMachines => "a list of machines of Defender",
            Self::MdeSoftware => "an export of software by machine of Defender",
            Self::CycloneDx => "a CycloneDX document",
            Self::Osquery => "a result of osquery",
        })
    }
}
