//! Ranger writes what it likes: `null` for a list, `"true"` for `true`, numbers as text. What reads the same is read the same here.

use std::collections::BTreeMap;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// `null` is what an absent field is.
pub(super) fn null<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// `true`, `"true"`, or `null` and absent for `None`.
pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    let text = Option::<Text>::deserialize(deserializer)?;
    match text.map(|text| text.0.to_ascii_lowercase()).as_deref() {
        None | Some("") => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(other) => Err(D::Error::custom(format!(
            "`{other}` is neither true nor false"
        ))),
    }
}

/// A whole number, or text that is one.
pub(super) fn number<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: std::str::FromStr,
{
    let text = Option::<Text>::deserialize(deserializer)?.map(|text| text.0);
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let number = text.parse().map(Some);
    number
        .map_err(|_| D::Error::custom(format!("`{text}` is not a whole number of the right size")))
}

/// Lists of whole numbers, each of which may be text.
pub(super) fn numbers<'de, D>(deserializer: D) -> Result<BTreeMap<i64, Vec<i64>>, D::Error>
where
    D: Deserializer<'de>,
{
    let map = Option::<BTreeMap<i64, Option<Vec<Text>>>>::deserialize(deserializer)?;
    let lists = map.unwrap_or_default().into_iter();
    let read = |text: Text| {
        text.0
            .parse()
            .map_err(|_| D::Error::custom("not a whole number"))
    };
    lists
        .map(|(key, list)| {
            let list = list.unwrap_or_default().into_iter().map(read);
            Ok((key, list.collect::<Result<_, _>>()?))
        })
        .collect()
}

/// Text, a number or a boolean as text; `null` is empty.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Option::<Text>::deserialize(deserializer)
        .map(|text| text.map(|text| text.0).unwrap_or_default())
}

/// Options: a map whose values may be text, numbers or booleans. A value of another form (`null`, a list) is left out.
pub(super) fn options<'de, D>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error>
where
    D: Deserializer<'de>,
{
    let map = Option::<BTreeMap<String, Option<Text>>>::deserialize(deserializer)?;
    let pairs = map.unwrap_or_default().into_iter();
    Ok(pairs
        .filter_map(|(key, value)| value.map(|text| (key, text.0)))
        .collect())
}

/// Text, or a number or boolean as text.
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Text;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("text, a number or a boolean")
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<Text, E> {
                Ok(Text(value.to_owned()))
            }
            fn visit_bool<E: Error>(self, value: bool) -> Result<Text, E> {
                Ok(Text(value.to_string()))
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Text, E> {
                Ok(Text(value.to_string()))
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<Text, E> {
                Ok(Text(value.to_string()))
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<Text, E> {
                Ok(Text(value.to_string()))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}
