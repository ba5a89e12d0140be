//! The product tree of a CSAF document.
//!
//! A product stands there twice: as the versions below the fixed one, under a number of the
//! document, and as the fixed version, under the vendor's ProductID. Remediations name the
//! first, months know the second.

use std::collections::{BTreeMap, HashMap};

use crate::Reason;
use crate::json::Json;
use crate::text::one_line;

/// A branch of the tree, with all below it.
#[derive(Default)]
pub(super) struct Branch {
    category: String,
    name: String,
    branches: Vec<Self>,
    product: Option<(String, String)>,
}

impl Branch {
    /// The depth is bounded by that of the document.
    pub(super) fn read(json: &mut Json<'_>) -> Result<Self, Reason> {
        let mut branch = Self::default();
        json.members(|json, name| {
            match name {
                "category" => branch.category = json.text()?,
                "name" => branch.name = one_line(json.text()?),
                "branches" => json.items(|json| {
                    branch.branches.push(Self::read(json)?);
                    Ok(())
                })?,
                "product" => branch.product = Some(product(json)?),
                _ => json.skip()?,
            }
            Ok(())
        })?;
        Ok(branch)
    }
}

/// The id and the name of a product.
pub(super) fn product(json: &mut Json<'_>) -> Result<(String, String), Reason> {
    let (mut id, mut name) = (String::new(), String::new());
    json.members(|json, member| {
        match member {
            "product_id" => id = one_line(json.text()?),
            "name" => name = one_line(json.text()?),
            _ => json.skip()?,
        }
        Ok(())
    })?;
    Ok((id, name))
}

/// The products of a document by the vendor's ids.
pub(super) struct Products {
    names: BTreeMap<String, String>,
    /// The vendor's id of what has another one in the document.
    vendor_ids: HashMap<String, String>,
}

impl Products {
    pub(super) fn of(tree: &[Branch], related: Vec<(String, String)>) -> Self {
        let mut products = Self {
            names: BTreeMap::new(),
            vendor_ids: HashMap::new(),
        };
        for branch in tree {
            products.enter(branch, "");
        }
        // A package on a system is named by both, affected and fixed alike: the id of what is
        // affected has the numbers of both in the other order.
        let by_name: HashMap<String, String> = related
            .iter()
            .filter(|(_, name)| !name.starts_with('<'))
            .map(|(id, name)| (name.clone(), id.clone()))
            .collect();
        for (id, name) in related {
            match name.strip_prefix('<').and_then(|name| by_name.get(name)) {
                Some(fixed) => {
                    products.vendor_ids.insert(id, fixed.clone());
                }
                None => {
                    products.names.insert(id, name);
                }
            }
        }
        products
    }

    /// Below the name of a product its versions are the product.
    fn enter(&mut self, branch: &Branch, name: &str) {
        let name = if branch.category == "product_name" {
            branch.name.as_str()
        } else {
            name
        };
        let fixed: HashMap<&str, &str> = branch
            .branches
            .iter()
            .filter(|b| b.category == "product_version")
            .filter_map(|b| Some((b.name.as_str(), b.product.as_ref()?.0.as_str())))
            .collect();
        for below in &branch.branches {
            if let Some((id, full_name)) = &below.product {
                let name = if name.is_empty() { full_name } else { name };
                let version = below.name.trim_start_matches('<');
                match (below.category.as_str(), fixed.get(version)) {
                    ("product_version_range", Some(&vendor_id)) => {
                        self.vendor_ids.insert(id.clone(), vendor_id.to_owned());
                    }
                    ("product_version_range", None) => {
                        // Its number means something in this document alone.
                        let own = format!("csaf:{name}");
                        self.names.insert(own.clone(), name.to_owned());
                        self.vendor_ids.insert(id.clone(), own);
                    }
                    _ => {
                        self.names.insert(id.clone(), name.to_owned());
                    }
                }
            }
            self.enter(below, name);
        }
    }

    /// Ids and names, in order.
    pub(super) fn list(&self) -> impl Iterator<Item = (&str, &str)> {
        self.names
            .iter()
            .map(|(id, name)| (id.as_str(), name.as_str()))
    }

    /// The vendor's id of a product of the document.
    pub(super) fn vendor_id<'i>(&'i self, id: &'i str) -> &'i str {
        self.vendor_ids.get(id).map_or(id, String::as_str)
    }
}
