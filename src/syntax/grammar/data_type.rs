//! Data types, of columns and of CAST.

use super::{Grammar, Parsed};
use crate::syntax::token::TokenKind;
use crate::syntax::{DataType, MAX_LENGTH, RowField, TypeKind, Word};

impl Grammar<'_, '_> {
    /// `type [NULL | NOT NULL]`.
    pub(in crate::syntax) fn data_type(&mut self) -> Parsed<DataType> {
        let mut data_type = self.deeper(Self::bare_type)?;
        if self.eat_words(&[Word::NOT, Word::NULL])? {
            data_type.nullable = false;
        } else {
            self.eat_word(Word::NULL)?;
        }
        // `INT ARRAY`, `INT NOT NULL MULTISET`: the older spelling.
        loop {
            let item = Box::new(data_type.clone());
            let kind = match self.peek().word {
                Word::ARRAY => TypeKind::Array(item),
                Word::MULTISET => TypeKind::Multiset(item),
                _ => return Ok(data_type),
            };
            self.bump()?;
            data_type = DataType::nullable(kind);
            if self.eat_words(&[Word::NOT, Word::NULL])? {
                data_type.nullable = false;
            } else {
                self.eat_word(Word::NULL)?;
            }
        }
    }

    /// The type of CAST: its own nullability is not written.
    pub(super) fn cast_data_type(&mut self) -> Parsed<TypeKind> {
        if self.is_word(Word::INTERVAL) {
            return self.interval_type();
        }
        let data_type = self.deeper(Self::bare_type)?;
        let mut kind = data_type.kind;
        loop {
            let item = Box::new(DataType::nullable(kind));
            kind = match self.peek().word {
                Word::ARRAY => TypeKind::Array(item),
                Word::MULTISET => TypeKind::Multiset(item),
                _ => return Ok(item.kind),
            };
            self.bump()?;
        }
    }

    /// Only of CAST: no column has it, no other type holds it.
    pub(super) fn interval_type(&mut self) -> Parsed<TypeKind> {
        self.expect_word(Word::INTERVAL)?;
        let unit = self.start();
        self.interval_qualifier()?;
        Ok(TypeKind::Interval(self.written(unit).to_ascii_uppercase()))
    }

    fn bare_type(&mut self) -> Parsed<DataType> {
        let start = self.start();
        let token = self.peek();
        // `<` is no bracket to the lexer, so types bound their own depth.
        self.type_depth += 1;
        if self.type_depth > self.context.limits.nesting {
            return Err(self.context.too_deep(self.index()));
        }
        let kind = match token.word {
            Word::CHAR | Word::CHARACTER => {
                self.bump()?;
                if self.eat_word(Word::VARYING)? {
                    TypeKind::Varchar(self.length(MAX_LENGTH)?)
                } else {
                    TypeKind::Char(self.length(1)?)
                }
            }
            // Without a length Flink's planner takes the longest (measured on 2.3), other than CHAR and BINARY, which take 1.
            Word::VARCHAR => self.with_length(MAX_LENGTH, TypeKind::Varchar)?,
            Word::STRING => self.plain(TypeKind::Varchar(MAX_LENGTH))?,
            Word::BOOLEAN => self.plain(TypeKind::Boolean)?,
            Word::BINARY => {
                self.bump()?;
                if self.eat_word(Word::VARYING)? {
                    TypeKind::Varbinary(self.length(MAX_LENGTH)?)
                } else {
                    TypeKind::Binary(self.length(1)?)
                }
            }
            Word::VARBINARY => self.with_length(MAX_LENGTH, TypeKind::Varbinary)?,
            Word::BYTES => self.plain(TypeKind::Varbinary(MAX_LENGTH))?,
            Word::DECIMAL | Word::DEC | Word::NUMERIC => self.decimal()?,
            Word::TINYINT => self.plain(TypeKind::TinyInt)?,
            Word::SMALLINT => self.plain(TypeKind::SmallInt)?,
            Word::INT | Word::INTEGER => self.plain(TypeKind::Int)?,
            Word::BIGINT => self.plain(TypeKind::BigInt)?,
            Word::FLOAT | Word::REAL => self.plain(TypeKind::Float)?,
            Word::DOUBLE => {
                self.bump()?;
                self.eat_word(Word::PRECISION)?;
                TypeKind::Double
            }
            Word::DATE => self.plain(TypeKind::Date)?,
            Word::TIME => {
                self.bump()?;
                let precision = self.length(0)?;
                self.eat_words(&[Word::WITHOUT, Word::TIME, Word::ZONE])?;
                TypeKind::Time(precision)
            }
            Word::TIMESTAMP => self.timestamp()?,
            Word::TIMESTAMP_LTZ => self.with_length(6, TypeKind::TimestampLtz)?,
            Word::ARRAY => TypeKind::Array(Box::new(self.item_type()?)),
            Word::MULTISET => TypeKind::Multiset(Box::new(self.item_type()?)),
            Word::MAP if self.peek_at(1).kind == TokenKind::Less => self.map_type()?,
            Word::ROW => self.row_type()?,
            Word::RAW => self.raw_type()?,
            Word::STRUCTURED => self.structured_type()?,
            Word::VARIANT | Word::BITMAP | Word::ANY => {
                self.bump()?;
                TypeKind::Other(token.word.text().to_owned())
            }
            // A user's own type, by name.
            _ if self.is_identifier(token) => {
                self.name()?;
                TypeKind::Other(self.written(start))
            }
            _ => return Err(self.expected("a data type")),
        };
        self.type_depth -= 1;
        Ok(DataType::nullable(kind))
    }

    fn plain(&mut self, kind: TypeKind) -> Parsed<TypeKind> {
        self.bump()?;
        Ok(kind)
    }

    fn with_length(&mut self, default: u32, kind: fn(u32) -> TypeKind) -> Parsed<TypeKind> {
        self.bump()?;
        self.length(default).map(kind)
    }

    /// `(n)`.
    fn length(&mut self, default: u32) -> Parsed<u32> {
        if !self.eat(TokenKind::LeftParen)? {
            return Ok(default);
        }
        let length = self.integer()?;
        self.right_paren()?;
        Ok(length)
    }

    fn decimal(&mut self) -> Parsed<TypeKind> {
        self.bump()?;
        if !self.eat(TokenKind::LeftParen)? {
            return Ok(TypeKind::Decimal(10, 0));
        }
        let precision = self.integer()?;
        let scale = if self.eat(TokenKind::Comma)? {
            self.integer()?
        } else {
            0
        };
        self.right_paren()?;
        Ok(TypeKind::Decimal(precision, scale))
    }

    fn timestamp(&mut self) -> Parsed<TypeKind> {
        self.bump()?;
        let precision = self.length(6)?;
        if self.eat_word(Word::WITH)? {
            let local = self.eat_word(Word::LOCAL)?;
            self.expect_words(&[Word::TIME, Word::ZONE])?;
            return Ok(if local {
                TypeKind::TimestampLtz(precision)
            } else {
                TypeKind::TimestampTz(precision)
            });
        }
        if self.eat_word(Word::WITHOUT)? {
            self.expect_words(&[Word::TIME, Word::ZONE])?;
        }
        Ok(TypeKind::Timestamp(precision))
    }

    fn item_type(&mut self) -> Parsed<DataType> {
        self.bump()?;
        self.expect(TokenKind::Less, "`<`")?;
        let item = self.data_type()?;
        self.expect(TokenKind::Greater, "`>`")?;
        Ok(item)
    }

    fn map_type(&mut self) -> Parsed<TypeKind> {
        self.bump()?;
        self.bump()?;
        let key = self.data_type()?;
        self.expect(TokenKind::Comma, "`,`")?;
        let value = self.data_type()?;
        self.expect(TokenKind::Greater, "`>`")?;
        Ok(TypeKind::Map(Box::new(key), Box::new(value)))
    }

    /// `ROW<a INT, b STRING 'comment'>`, `ROW(a INT)`, `ROW<>`.
    fn row_type(&mut self) -> Parsed<TypeKind> {
        self.bump()?;
        if self.eat(TokenKind::NotEqual)? {
            return Ok(TypeKind::Row(Vec::new()));
        }
        let close = if self.eat(TokenKind::LeftParen)? {
            TokenKind::RightParen
        } else {
            self.expect(TokenKind::Less, "`<`")?;
            TokenKind::Greater
        };
        if self.eat(close)? {
            return Ok(TypeKind::Row(Vec::new()));
        }
        let fields = self.comma_list(Self::row_field)?;
        self.expect(close, "`>` or `,`")?;
        Ok(TypeKind::Row(fields))
    }

    fn row_field(&mut self) -> Parsed<RowField> {
        let name = self.identifier()?.value;
        let data_type = self.data_type()?;
        if self.is(TokenKind::String) {
            self.plain_string("a comment")?;
        }
        Ok(RowField { name, data_type })
    }

    /// `RAW('class', 'serializer')`.
    fn raw_type(&mut self) -> Parsed<TypeKind> {
        let start = self.start();
        self.bump()?;
        self.left_paren()?;
        self.plain_string("a class")?;
        self.expect(TokenKind::Comma, "`,`")?;
        self.string_literal("a serializer")?;
        self.right_paren()?;
        Ok(TypeKind::Other(self.written(start)))
    }

    /// `STRUCTURED<'class', a INT, …>`.
    fn structured_type(&mut self) -> Parsed<TypeKind> {
        let start = self.start();
        self.bump()?;
        self.expect(TokenKind::Less, "`<`")?;
        self.plain_string("a class")?;
        while self.eat(TokenKind::Comma)? {
            self.row_field()?;
        }
        self.expect(TokenKind::Greater, "`>`")?;
        Ok(TypeKind::Other(self.written(start)))
    }

    /// The text from `start` to the last token, as written.
    fn written(&self, start: u32) -> String {
        self.since(start).text(self.context.source()).to_owned()
    }
}
