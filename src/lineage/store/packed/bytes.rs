//! Numbers and texts as bytes, and back. What is read was written by this process; still every length is looked at before it is believed.

/// Something that was not written here, or not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

/// Adds a number: seven bits a byte, the lowest first.
pub(super) fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push((number & 0x7f) as u8);
}

/// Adds a length.
pub(super) fn put_len(bytes: &mut Vec<u8>, length: usize) {
    put(bytes, length as u64);
}

/// Adds a text.
pub(super) fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_len(bytes, text.len());
    bytes.extend_from_slice(text.as_bytes());
}

/// What is left to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rest<'b>(pub &'b [u8]);

impl<'b> Rest<'b> {
    /// The next number.
    pub fn number(&mut self) -> Result<u64, Broken> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let (first, rest) = self.0.split_first().ok_or(Broken)?;
            self.0 = rest;
            number |= u64::from(first & 0x7f) << shift;
            if first & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Broken)
    }

    /// The next number as a length or an index.
    pub fn index(&mut self) -> Result<usize, Broken> {
        usize::try_from(self.number()?).map_err(|_| Broken)
    }

    /// How many things follow, each of at least one byte.
    pub fn count(&mut self) -> Result<usize, Broken> {
        let count = self.index()?;
        if count > self.0.len() {
            return Err(Broken);
        }
        Ok(count)
    }

    /// So many of the next bytes.
    pub fn part(&mut self, length: usize) -> Result<Rest<'b>, Broken> {
        let (part, rest) = self.0.split_at_checked(length).ok_or(Broken)?;
        self.0 = rest;
        Ok(Rest(part))
    }

    /// The next text.
    pub fn text(&mut self) -> Result<&'b str, Broken> {
        let length = self.index()?;
        let part = self.part(length)?;
        std::str::from_utf8(part.0).map_err(|_| Broken)
    }

    /// So many things, one after the other.
    pub fn list<T>(
        &mut self,
        mut one: impl FnMut(&mut Self) -> Result<T, Broken>,
    ) -> Result<Vec<T>, Broken> {
        let count = self.count()?;
        (0..count).map(|_| one(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_come_back() {
        let numbers = [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX];
        let mut bytes = Vec::new();
        for number in numbers {
            put(&mut bytes, number);
        }
        put_text(&mut bytes, "größer");
        let mut rest = Rest(&bytes);
        for number in numbers {
            assert_eq!(rest.number(), Ok(number));
        }
        assert_eq!(rest.text(), Ok("größer"));
        assert!(rest.0.is_empty());
        for end in 0..bytes.len() {
            let mut rest = Rest(bytes.get(..end).unwrap());
            let numbers: Result<Vec<u64>, Broken> = (0..7).map(|_| rest.number()).collect();
            assert!(numbers.and_then(|_| rest.text()).is_err(), "{end}");
        }
        assert_eq!(Rest(&[5, b'a']).text(), Err(Broken));
        assert!(Rest(&[200, 1]).list(|rest| rest.number()).is_err());
    }
}
