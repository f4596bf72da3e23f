//! Recursive paths and addresses: a policy's value also holds for what lies below it (RANGER.md §2.4).

use super::glob::{self, Atom};

/// `/a` is above `/a/b`; with wildcards every path above the request's is tried.
pub(super) fn path(pattern: &[Atom], request: &str, separator: char) -> bool {
    match glob::plain(pattern) {
        Some(plain) => literal(plain, request, separator),
        None => {
            above(pattern, "", request, separator) || all_of_folder(pattern, request, separator)
        }
    }
}

/// The same for `scheme://…`; what is no address has nothing above it.
pub(super) fn url(pattern: &[Atom], request: &str, separator: char) -> bool {
    if let Some(plain) = glob::plain(pattern) {
        return literal(plain, request, separator);
    }
    let Some((scheme, rest)) = scheme(request.trim()) else {
        return false;
    };
    above(pattern, scheme, rest, separator)
        || (rest.ends_with(separator) && glob::matches(pattern, &joined(scheme, rest, separator)))
}

fn literal(pattern: &str, request: &str, separator: char) -> bool {
    let pattern = pattern.strip_suffix(separator).unwrap_or(pattern);
    request
        .strip_prefix(pattern)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(separator))
}

/// Whether the request's path or one above it is of the form.
fn above(pattern: &[Atom], scheme: &str, path: &str, separator: char) -> bool {
    let mut parts = path
        .split(separator)
        .filter(|part| !part.is_empty())
        .peekable();
    if parts.peek().is_none() {
        return !path.is_empty() && glob::matches(pattern, &format!("{scheme}{path}"));
    }
    let mut tried = scheme.to_owned();
    if scheme.is_empty() && path.starts_with(separator) {
        tried.push(separator);
    }
    for part in parts {
        tried.push_str(part);
        if glob::matches(pattern, &tried) {
            return true;
        }
        tried.push(separator);
    }
    false
}

/// `/a/*` holds for the folder `/a/`, written so.
fn all_of_folder(pattern: &[Atom], request: &str, separator: char) -> bool {
    let [Atom::Text(folder), Atom::Any] = pattern else {
        return false;
    };
    folder.ends_with(separator) && **folder == *request
}

fn joined(scheme: &str, path: &str, separator: char) -> String {
    let mut text = scheme.to_owned();
    for part in path.split(separator).filter(|part| !part.is_empty()) {
        text.push_str(part);
        text.push(separator);
    }
    text
}

/// `s3://`, and the rest.
fn scheme(url: &str) -> Option<(&str, &str)> {
    let colon = url.find(':')?;
    let after = url.get(colon + 1..)?;
    let slashes = after.len() - after.trim_start_matches('/').len();
    (slashes >= 2).then(|| url.split_at_checked(colon + 1 + slashes))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atoms(pattern: &str) -> Vec<Atom> {
        let mut list = Vec::new();
        glob::atoms(pattern, true, &mut list);
        list
    }

    #[test]
    fn what_lies_below_belongs_to_it_and_a_longer_name_does_not() {
        assert!(path(&atoms("/a"), "/a", '/') && path(&atoms("/a/"), "/a/b/c", '/'));
        assert!(!path(&atoms("/a"), "/ab", '/') && !path(&atoms("/a/b"), "/a", '/'));
        assert!(path(&atoms("/a*"), "/ab/c", '/') && path(&atoms("/a/*"), "/a/", '/'));
        assert!(!path(&atoms("/a/*"), "/a", '/') && !path(&atoms("/*/c"), "/a/b", '/'));
        assert!(url(&atoms("s3://b/d*"), "s3://b/data/x", '/'));
        assert!(!url(&atoms("s3://b/d*"), "/b/data", '/'));
        assert!(url(&atoms("s3://b"), "s3://b/x", '/') && !url(&atoms("s3://b"), "s3://bb", '/'));
    }
}
