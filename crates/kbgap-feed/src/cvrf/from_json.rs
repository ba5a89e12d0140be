//! The JSON form: the same elements, named as in the XML form, with numbers for the
//! words of enumerations and a `Value` around most texts.
//!
//! Members may come in any order, so vulnerabilities wait until the products are known.

use kbgap_catalog::OddKind;

use crate::Reason;
use crate::json::Json;
use crate::parts::{MAX_VULNERABILITIES, Parts, Remediation, Threat, ThreatKind};
use crate::reading::Reading;
use crate::text::one_line;

impl Reading {
    pub(super) fn json(&mut self, json: &mut Json<'_>) -> Result<(), Reason> {
        let mut vulnerabilities = Vec::new();
        let mut is_cvrf = false;
        json.members(|json, name| {
            match name {
                "DocumentTitle" => self.title = Some(line(json)?),
                "DocumentTracking" => self.json_tracking(json)?,
                "ProductTree" => self.json_products(json)?,
                "Vulnerability" => json.items(|json| {
                    if vulnerabilities.len() >= MAX_VULNERABILITIES {
                        return Err(Reason::TooMany(MAX_VULNERABILITIES));
                    }
                    let mut parts = Parts::default();
                    parts.json(json)?;
                    vulnerabilities.push(parts);
                    Ok(())
                })?,
                _ => return json.skip(),
            }
            is_cvrf = true;
            Ok(())
        })?;
        json.end()?;
        if !is_cvrf {
            return Err(Reason::NotCvrf(
                "it is JSON that has none of its members".to_owned(),
            ));
        }
        for parts in vulnerabilities {
            self.take(parts)?;
        }
        for detail in json.take_odd() {
            self.odd(OddKind::Value, detail);
        }
        Ok(())
    }

    fn json_tracking(&mut self, json: &mut Json<'_>) -> Result<(), Reason> {
        json.members(|json, name| {
            match name {
                "Identification" => json.members(|json, name| {
                    match name {
                        "ID" => self.id = Some(line(json)?),
                        _ => json.skip()?,
                    }
                    Ok(())
                })?,
                "RevisionHistory" => json.items(|json| {
                    json.members(|json, name| {
                        match name {
                            "Number" => self.revision = line(json)?,
                            _ => json.skip()?,
                        }
                        Ok(())
                    })
                })?,
                "InitialReleaseDate" => {
                    let text = value(json)?;
                    self.initial_release = self.date(&text, "InitialReleaseDate");
                }
                "CurrentReleaseDate" => {
                    let text = value(json)?;
                    self.current_release = self.date(&text, "CurrentReleaseDate");
                }
                _ => json.skip()?,
            }
            Ok(())
        })
    }

    /// Products stand in nested branches, under `Items`, and in a list of all.
    fn json_products(&mut self, json: &mut Json<'_>) -> Result<(), Reason> {
        json.members(|json, name| match name {
            "Branch" | "FullProductName" => json.items(|json| self.json_product(json)),
            _ => json.skip(),
        })
    }

    /// A branch has items, a product an id. The depth is bounded by that of the document.
    fn json_product(&mut self, json: &mut Json<'_>) -> Result<(), Reason> {
        let (mut id, mut name) = (None, String::new());
        json.members(|json, member| {
            match member {
                "Items" | "Branch" | "FullProductName" => {
                    return json.items(|json| self.json_product(json));
                }
                "ProductID" => id = Some(json.text()?),
                "Value" => name = one_line(json.text()?),
                _ => json.skip()?,
            }
            Ok(())
        })?;
        if id.is_some() || !name.is_empty() {
            self.product(id.unwrap_or_default(), name);
        }
        Ok(())
    }
}

impl Parts {
    fn json(&mut self, json: &mut Json<'_>) -> Result<(), Reason> {
        json.members(|json, name| match name {
            "Title" => value(json).map(|text| self.record.title = text),
            "CVE" => line(json).map(|text| self.record.id = text),
            "Threats" => json.items(|json| self.json_threat(json)),
            "CVSSScoreSets" => json.items(|json| self.json_score_set(json)),
            "Remediations" => json.items(|json| self.json_remediation(json)),
            "RevisionHistory" => json.items(|json| self.json_revision(json)),
            _ => json.skip(),
        })
    }

    fn json_threat(&mut self, json: &mut Json<'_>) -> Result<(), Reason> {
        let (mut kind, mut threat) = (None, Threat::default());
        json.members(|json, name| {
            match name {
                "Type" => {
                    kind = match json.text()?.as_str() {
                        "0" | "Impact" => Some(ThreatKind::Impact),
                        "1" | "Exploit Status" => Some(ThreatKind::ExploitStatus),
                        "3" | "Severity" => Some(ThreatKind::Severity),
                        _ => None,
                    }
                }
                "Description" => threat.description = value(json)?,
                "ProductID" => threat.product_ids = texts(json)?,
                _ => json.skip()?,
            }
            Ok(())
        })?;
        if let Some(kind) = kind {
            self.threat(kind, threat);
        }
        Ok(())
    }

    fn json_score_set(&mut self, json: &mut Json<'_>) -> Result<(), Reason> {
        let (mut score, mut vector) = (String::new(), String::new());
        json.members(|json, name| {
            match name {
                "BaseScore" => score = value(json)?,
                "Vector" => vector = value(json)?,
                _ => json.skip()?,
            }
            Ok(())
        })?;
        self.score(&score, vector);
        Ok(())
    }

    fn json_remediation(&mut self, json: &mut Json<'_>) -> Result<(), Reason> {
        let (mut is_fix, mut remediation) = (false, Remediation::default());
        json.members(|json, name| {
            match name {
                "Type" => is_fix = matches!(json.text()?.as_str(), "2" | "Vendor Fix"),
                "Description" => remediation.description = value(json)?,
                "SubType" => remediation.subtype = value(json)?,
                "FixedBuild" => remediation.fixed_build = value(json)?,
                "Supercedence" => remediation.supersedence = value(json)?,
                "ProductID" => remediation.product_ids = texts(json)?,
                _ => json.skip()?,
            }
            Ok(())
        })?;
        if is_fix {
            self.remediation(remediation);
        }
        Ok(())
    }

    fn json_revision(&mut self, json: &mut Json<'_>) -> Result<(), Reason> {
        let (mut number, mut date) = (String::new(), String::new());
        json.members(|json, name| {
            match name {
                "Number" => number = value(json)?,
                "Date" => date = value(json)?,
                _ => json.skip()?,
            }
            Ok(())
        })?;
        self.revision(number, &date);
        Ok(())
    }
}

/// A text, plain or as the `Value` of an object.
fn value(json: &mut Json<'_>) -> Result<String, Reason> {
    if !json.is_object()? {
        return json.text();
    }
    let mut text = String::new();
    json.members(|json, name| {
        match name {
            "Value" => text = json.text()?,
            _ => json.skip()?,
        }
        Ok(())
    })?;
    Ok(text)
}

fn line(json: &mut Json<'_>) -> Result<String, Reason> {
    value(json).map(one_line)
}

fn texts(json: &mut Json<'_>) -> Result<Vec<String>, Reason> {
    let mut texts = Vec::new();
    json.items(|json| {
        texts.push(json.text()?);
        Ok(())
    })?;
    Ok(texts)
}
