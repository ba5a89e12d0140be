//! The records of the API, with their fields in the documented order.

use serde::Serialize;

/// A missing KB (api.md, section 5.7; edm-types.md).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PublicProductFixDto {
    /// KB digits, without prefix.
    pub id: String,
    /// The title of its document.
    pub name: String,
    /// The build that all machines counted share; left out where they differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_build: Option<i64>,
    /// Names of the software that it fixes, without vendor.
    pub products_names: Vec<String>,
    /// The vendor's catalogue page.
    pub url: String,
    /// Machines that miss it.
    pub machine_missed_on: i64,
    /// CVEs that it fixes.
    pub cve_addressed: i64,
}

impl PublicProductFixDto {
    /// The fragment of the context of a list of these.
    pub const COLLECTION: &'static str =
        "Collection(microsoft.windowsDefenderATP.api.PublicProductFixDto)";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Collection, Context};

    #[test]
    fn the_documented_example() {
        let march = PublicProductFixDto {
            id: "4540673".to_owned(),
            name: "March 2020 Security Updates".to_owned(),
            os_build: None,
            products_names: vec!["edge".to_owned()],
            url: "https://catalog.update.microsoft.com/v7/site/Search.aspx?q=KB4540673".to_owned(),
            machine_missed_on: 240,
            cve_addressed: 14,
        };
        let list = Collection {
            context: Context::new(
                "https://api.securitycenter.microsoft.com",
                PublicProductFixDto::COLLECTION,
            ),
            count: None,
            value: &[march],
            annotations: Vec::new(),
        };
        insta::assert_snapshot!(
            serde_json::to_string(&list).unwrap(),
            @r#"{"@odata.context":"https://api.securitycenter.microsoft.com/api/$metadata#Collection(microsoft.windowsDefenderATP.api.PublicProductFixDto)","value":[{"id":"4540673","name":"March 2020 Security Updates","productsNames":["edge"],"url":"https://catalog.update.microsoft.com/v7/site/Search.aspx?q=KB4540673","machineMissedOn":240,"cveAddressed":14}]}"#
        );
    }
}
