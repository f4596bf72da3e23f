//! The words that Flink's parser knows, and which of them are reserved.
//!
//! Taken from the metadata of Flink's own parser, 2.3.0 and 1.20.4. SEMI and ANTI are added,
//! to refuse such joins by name. A word that is missing here is an ordinary name.

use super::FlinkVersion;

macro_rules! words {
    ($($word:ident $reserved:literal),* $(,)?) => {
        /// A word of Flink's grammar, recognised in any letter case where it stands unquoted.
        #[allow(missing_docs, non_camel_case_types, clippy::upper_case_acronyms)]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum Word {
            /// Not a word of the grammar.
            None,
            $($word),*
        }

        /// In order of their letters. [`Word::find`] searches [`INDEX`].
        const TABLE: &[(&str, Word, u8)] = &[$((stringify!($word), Word::$word, $reserved)),*];
    };
}

// The number after a word is a sum: 1 = reserved in Flink 2.x, 2 = reserved in Flink 1.20, 4 = names a function though it is reserved,
// 8 = a value without parentheses, such as CURRENT_DATE.
words! {
    A 0, ABS 7, ABSENT 0, ABSOLUTE 0, ACTION 0, ADA 0, ADD 0, ADMIN 0, AFTER 0, ALL 3, ALLOCATE 3, ALLOW 3, ALTER 3, ALWAYS 0, ANALYZE 0,
    AND 3, ANTI 0, ANY 3, APPLY 0, ARE 3, ARRAY 3, ARRAY_AGG 0, ARRAY_CONCAT_AGG 3, ARRAY_MAX_CARDINALITY 3, ARTIFACT 0, AS 3, ASC 0,
    ASENSITIVE 3, ASSERTION 0, ASSIGNMENT 0, ASYMMETRIC 3, AT 3, ATOMIC 3, ATTRIBUTE 0, ATTRIBUTES 0, AUTHORIZATION 3, AVG 7, BEFORE 0,
    BEGIN 3, BEGIN_FRAME 3, BEGIN_PARTITION 3, BERNOULLI 0, BETWEEN 3, BIGINT 3, BINARY 3, BIT 3, BITMAP 1, BLOB 3, BOOLEAN 3, BOTH 3,
    BREADTH 0, BUCKETS 3, BY 3, BYTES 3, C 0, CALL 3, CALLED 3, CARDINALITY 7, CASCADE 0, CASCADED 3, CASE 3, CAST 3, CATALOG 0,
    CATALOGS 3, CATALOG_NAME 0, CEIL 3, CEILING 7, CENTURY 0, CHAIN 0, CHANGELOG_MODE 0, CHAR 7, CHARACTER 3, CHARACTERISTICS 0,
    CHARACTERS 0, CHARACTER_LENGTH 7, CHARACTER_SET_CATALOG 0, CHARACTER_SET_NAME 0, CHARACTER_SET_SCHEMA 0, CHAR_LENGTH 7, CHECK 3,
    CLASSIFIER 7, CLASS_ORIGIN 0, CLOB 3, CLOSE 3, COALESCE 7, COBOL 0, COLLATE 3, COLLATION 0, COLLATION_CATALOG 0, COLLATION_NAME 0,
    COLLATION_SCHEMA 0, COLLECT 7, COLUMN 3, COLUMNS 0, COLUMN_NAME 0, COMMAND_FUNCTION 0, COMMAND_FUNCTION_CODE 0, COMMENT 3, COMMIT 3,
    COMMITTED 0, COMPACT 0, COMPILE 0, COMPUTE 0, CONDITION 3, CONDITIONAL 0, CONDITION_NUMBER 0, CONFLICT 0, CONNECT 3, CONNECTION 0,
    CONNECTIONS 1, CONNECTION_NAME 0, CONSTRAINT 3, CONSTRAINTS 0, CONSTRAINT_CATALOG 0, CONSTRAINT_NAME 0, CONSTRAINT_SCHEMA 0,
    CONSTRUCTOR 0, CONTAINS 3, CONTAINS_SUBSTR 1, CONTINUE 0, CONTINUOUS 3, CONVERT 3, CORR 3, CORRESPONDING 3, COUNT 7, COVAR_POP 7,
    COVAR_SAMP 7, CREATE 3, CROSS 3, CUBE 3, CUME_DIST 7, CURRENT 3, CURRENT_CATALOG 11, CURRENT_DATE 15,
    CURRENT_DEFAULT_TRANSFORM_GROUP 11, CURRENT_PATH 11, CURRENT_ROLE 11, CURRENT_ROW 3, CURRENT_SCHEMA 11, CURRENT_TIME 15,
    CURRENT_TIMESTAMP 15, CURRENT_TRANSFORM_GROUP_FOR_TYPE 3, CURRENT_USER 11, CURSOR 3, CURSOR_NAME 0, CYCLE 3, DATA 0, DATABASE 0,
    DATABASES 3, DATE 3, DATETIME 1, DATETIME_DIFF 0, DATETIME_INTERVAL_CODE 0, DATETIME_INTERVAL_PRECISION 0, DATETIME_TRUNC 1,
    DATE_DIFF 0, DATE_TRUNC 1, DAY 3, DAYOFWEEK 0, DAYOFYEAR 0, DAYS 0, DEALLOCATE 3, DEC 3, DECADE 0, DECIMAL 3, DECLARE 3,
    DEDUPLICATE 0, DEFAULT 3, DEFAULTS 0, DEFERRABLE 0, DEFERRED 0, DEFINE 3, DEFINED 0, DEFINER 0, DEGREE 0, DELETE 3, DENSE_RANK 7,
    DEPTH 0, DEREF 3, DERIVED 0, DESC 0, DESCRIBE 3, DESCRIPTION 0, DESCRIPTOR 0, DETERMINISTIC 3, DIAGNOSTICS 0, DISALLOW 3,
    DISCONNECT 3, DISPATCH 0, DISTINCT 3, DISTRIBUTED 3, DISTRIBUTION 3, DO 0, DOMAIN 0, DOT 3, DOUBLE 3, DOW 0, DOY 0, DRAIN 0, DROP 3,
    DYNAMIC 3, DYNAMIC_FUNCTION 0, DYNAMIC_FUNCTION_CODE 0, EACH 3, ELEMENT 7, ELSE 3, EMPTY 3, ENCODING 0, END 3, END_FRAME 3,
    END_PARTITION 3, ENFORCED 0, EPOCH 0, EQUALS 3, ERROR 0, ESCAPE 3, ESTIMATED_COST 0, EVERY 7, EXCEPT 3, EXCEPTION 0, EXCLUDE 0,
    EXCLUDING 0, EXEC 3, EXECUTE 3, EXISTS 3, EXP 7, EXPLAIN 3, EXTEND 3, EXTENDED 3, EXTERNAL 3, EXTRACT 3, FALSE 3, FETCH 3, FILTER 3,
    FINAL 0, FIRST 0, FIRST_VALUE 7, FLOAT 3, FLOOR 7, FOLLOWING 0, FOR 3, FOREIGN 3, FORMAT 0, FORTRAN 0, FOUND 0, FRAC_SECOND 0,
    FRAME_ROW 3, FREE 3, FRESHNESS 3, FRIDAY 1, FROM 3, FROM_BEGINNING 0, FROM_NOW 0, FROM_TIMESTAMP 0, FULL 3, FUNCTION 3, FUNCTIONS 3,
    FUSION 7, G 0, GENERAL 0, GENERATED 0, GEOMETRY 0, GET 3, GLOBAL 3, GO 0, GOTO 0, GRANT 3, GRANTED 0, GROUP 3, GROUPING 7, GROUPS 3,
    GROUP_CONCAT 3, HASH 3, HAVING 3, HIERARCHY 0, HOLD 3, HOP 0, HOUR 7, HOURS 0, IDENTITY 3, IF 0, IGNORE 0, ILIKE 3, IMMEDIATE 0,
    IMMEDIATELY 0, IMPLEMENTATION 0, IMPORT 3, IN 3, INCLUDE 3, INCLUDING 0, INCREMENT 0, INDICATOR 3, INITIAL 3, INITIALLY 0, INNER 3,
    INOUT 3, INPUT 0, INSENSITIVE 3, INSERT 3, INSTANCE 0, INSTANTIABLE 0, INT 3, INTEGER 3, INTERSECT 3, INTERSECTION 7, INTERVAL 3,
    INTO 3, INVOKER 0, IS 3, ISODOW 0, ISOLATION 0, ISOYEAR 0, JAR 0, JARS 0, JAVA 0, JOB 0, JOBS 0, JOIN 3, JSON 0, JSON_ARRAY 3,
    JSON_ARRAYAGG 3, JSON_EXECUTION_PLAN 0, JSON_EXISTS 3, JSON_OBJECT 3, JSON_OBJECTAGG 3, JSON_QUERY 3, JSON_SCOPE 1, JSON_VALUE 3,
    K 0, KEY 0, KEY_MEMBER 0, KEY_TYPE 0, LABEL 0, LAG 7, LANGUAGE 3, LARGE 3, LAST 0, LAST_VALUE 7, LATERAL 3, LEAD 7, LEADING 3,
    LEFT 7, LENGTH 0, LEVEL 0, LIBRARY 0, LIKE 3, LIKE_REGEX 3, LIMIT 3, LN 7, LOAD 0, LOCAL 3, LOCALTIME 15, LOCALTIMESTAMP 15,
    LOCATOR 0, LOWER 7, M 0, MAP 0, MATCH 3, MATCHED 0, MATCHES 3, MATCH_NUMBER 7, MATCH_RECOGNIZE 3, MATERIALIZED 3, MAX 7, MAXVALUE 0,
    MEASURES 3, MEMBER 3, MERGE 3, MESSAGE_LENGTH 0, MESSAGE_OCTET_LENGTH 0, MESSAGE_TEXT 0, METADATA 0, METHOD 3, MICROSECOND 0,
    MILLENNIUM 0, MILLISECOND 0, MIN 7, MINUS 3, MINUTE 7, MINUTES 0, MINVALUE 0, MOD 7, MODEL 2, MODELS 3, MODIFIES 3, MODIFY 3,
    MODULE 3, MODULES 3, MONDAY 1, MONTH 7, MONTHS 0, MORE 0, MULTISET 3, MUMPS 0, NAME 0, NAMES 0, NANOSECOND 0, NATIONAL 3, NATURAL 3,
    NCHAR 3, NCLOB 3, NESTING 0, NEW 3, NEXT 7, NO 3, NONE 3, NORMALIZE 3, NORMALIZED 0, NOT 3, NOTHING 0, NTH_VALUE 7, NTILE 7, NULL 3,
    NULLABLE 0, NULLIF 7, NULLS 0, NUMBER 0, NUMERIC 3, OBJECT 0, OCCURRENCES_REGEX 3, OCTETS 0, OCTET_LENGTH 7, OF 3, OFFSET 3, OLD 3,
    OMIT 3, ON 3, ONCE 0, ONE 3, ONLY 3, OPEN 3, OPTION 0, OPTIONS 0, OR 3, ORDER 3, ORDERING 0, ORDINAL 1, ORDINALITY 0, OTHERS 0,
    OUT 3, OUTER 3, OUTPUT 0, OVER 3, OVERLAPS 3, OVERLAY 3, OVERRIDING 0, OVERWRITE 0, OVERWRITING 0, PAD 0, PARAMETER 3,
    PARAMETER_MODE 0, PARAMETER_NAME 0, PARAMETER_ORDINAL_POSITION 0, PARAMETER_SPECIFIC_CATALOG 0, PARAMETER_SPECIFIC_NAME 0,
    PARAMETER_SPECIFIC_SCHEMA 0, PARTIAL 0, PARTITION 3, PARTITIONED 0, PARTITIONS 0, PASCAL 0, PASSING 0, PASSTHROUGH 0, PAST 0, PATH 0,
    PATTERN 3, PER 3, PERCENT 3, PERCENTILE_CONT 7, PERCENTILE_DISC 7, PERCENT_RANK 7, PERIOD 3, PERMUTE 3, PIVOT 3, PLACING 0, PLAN 0,
    PLAN_ADVICE 0, PLI 0, PORTION 3, POSITION 3, POSITION_REGEX 3, POWER 7, PRECEDES 3, PRECEDING 0, PRECISION 3, PREPARE 3, PRESERVE 0,
    PREV 7, PRIMARY 3, PRIOR 0, PRIVILEGES 0, PROCEDURE 3, PROCEDURES 3, PUBLIC 0, PYTHON 0, QUALIFY 1, QUARTER 0, QUARTERS 1, RANGE 3,
    RANK 7, RAW 3, READ 0, READS 3, REAL 3, RECURSIVE 3, REF 3, REFERENCES 3, REFERENCING 3, REFRESH 3, REFRESH_MODE 3, REGR_AVGX 3,
    REGR_AVGY 3, REGR_COUNT 7, REGR_INTERCEPT 3, REGR_R2 3, REGR_SLOPE 3, REGR_SXX 7, REGR_SXY 3, REGR_SYY 7, RELATIVE 0, RELEASE 3,
    REMOVE 0, RENAME 3, REPEATABLE 0, REPLACE 0, RESET 3, RESPECT 0, RESTART 0, RESTRICT 0, RESULT 3, RESUME 3,
    RESUME_OR_FROM_BEGINNING 0, RESUME_OR_FROM_NOW 0, RESUME_OR_FROM_TIMESTAMP 0, RETURN 3, RETURNED_CARDINALITY 0, RETURNED_LENGTH 0,
    RETURNED_OCTET_LENGTH 0, RETURNED_SQLSTATE 0, RETURNING 0, RETURNS 3, REVOKE 3, RIGHT 7, RLIKE 3, ROLE 0, ROLLBACK 3, ROLLUP 3,
    ROUTINE 0, ROUTINE_CATALOG 0, ROUTINE_NAME 0, ROUTINE_SCHEMA 0, ROW 3, ROWS 3, ROW_COUNT 0, ROW_NUMBER 7, RUNNING 3, SAFE_CAST 1,
    SAFE_OFFSET 1, SAFE_ORDINAL 1, SATURDAY 1, SAVEPOINT 3, SCALA 3, SCALAR 0, SCALE 0, SCHEMA 0, SCHEMA_NAME 0, SCOPE 3,
    SCOPE_CATALOGS 0, SCOPE_NAME 0, SCOPE_SCHEMA 0, SCROLL 3, SEARCH 3, SECOND 7, SECONDS 0, SECTION 0, SECURITY 0, SEEK 3, SELECT 3,
    SELF 0, SEMI 0, SENSITIVE 3, SEPARATOR 3, SEQUENCE 0, SERIALIZABLE 0, SERVER 0, SERVER_NAME 0, SESSION 0, SESSION_USER 11, SET 3,
    SETS 0, SHOW 3, SIMILAR 3, SIMPLE 0, SIZE 0, SKIP 3, SMALLINT 3, SOME 7, SOURCE 0, SPACE 0, SPECIFIC 3, SPECIFICTYPE 3,
    SPECIFIC_NAME 0, SQL 3, SQLEXCEPTION 3, SQLSTATE 3, SQLWARNING 3, SQL_BIGINT 0, SQL_BINARY 0, SQL_BIT 0, SQL_BLOB 0, SQL_BOOLEAN 0,
    SQL_CHAR 0, SQL_CLOB 0, SQL_DATE 0, SQL_DECIMAL 0, SQL_DOUBLE 0, SQL_FLOAT 0, SQL_INTEGER 0, SQL_INTERVAL_DAY 0,
    SQL_INTERVAL_DAY_TO_HOUR 0, SQL_INTERVAL_DAY_TO_MINUTE 0, SQL_INTERVAL_DAY_TO_SECOND 0, SQL_INTERVAL_HOUR 0,
    SQL_INTERVAL_HOUR_TO_MINUTE 0, SQL_INTERVAL_HOUR_TO_SECOND 0, SQL_INTERVAL_MINUTE 0, SQL_INTERVAL_MINUTE_TO_SECOND 0,
    SQL_INTERVAL_MONTH 0, SQL_INTERVAL_SECOND 0, SQL_INTERVAL_YEAR 0, SQL_INTERVAL_YEAR_TO_MONTH 0, SQL_LONGVARBINARY 0,
    SQL_LONGVARCHAR 0, SQL_LONGVARNCHAR 0, SQL_NCHAR 0, SQL_NCLOB 0, SQL_NUMERIC 0, SQL_NVARCHAR 0, SQL_REAL 0, SQL_SMALLINT 0,
    SQL_TIME 0, SQL_TIMESTAMP 0, SQL_TINYINT 0, SQL_TSI_DAY 0, SQL_TSI_FRAC_SECOND 0, SQL_TSI_HOUR 0, SQL_TSI_MICROSECOND 0,
    SQL_TSI_MINUTE 0, SQL_TSI_MONTH 0, SQL_TSI_QUARTER 0, SQL_TSI_SECOND 0, SQL_TSI_WEEK 0, SQL_TSI_YEAR 0, SQL_VARBINARY 0,
    SQL_VARCHAR 0, SQRT 7, START 3, START_MODE 0, STATE 0, STATEMENT 3, STATIC 3, STATISTICS 0, STDDEV_POP 7, STDDEV_SAMP 7, STOP 0,
    STREAM 3, STRING 3, STRING_AGG 3, STRUCTURE 0, STRUCTURED 1, STYLE 0, SUBCLASS_ORIGIN 0, SUBMULTISET 3, SUBSET 3, SUBSTITUTE 0,
    SUBSTRING 3, SUBSTRING_REGEX 3, SUCCEEDS 3, SUM 7, SUNDAY 1, SUSPEND 3, SYMMETRIC 3, SYSTEM 3, SYSTEM_TIME 3, SYSTEM_USER 11,
    TABLE 3, TABLES 3, TABLESAMPLE 3, TABLE_NAME 0, TEMPORARY 0, THEN 3, THURSDAY 1, TIES 0, TIME 3, TIMESTAMP 3, TIMESTAMPADD 0,
    TIMESTAMPDIFF 0, TIMESTAMP_DIFF 1, TIMESTAMP_LTZ 3, TIMESTAMP_TRUNC 1, TIMEZONE_HOUR 3, TIMEZONE_MINUTE 3, TIME_DIFF 1, TIME_TRUNC 1,
    TINYINT 3, TO 3, TOP_LEVEL_COUNT 0, TRAILING 3, TRANSACTION 0, TRANSACTIONS_ACTIVE 0, TRANSACTIONS_COMMITTED 0,
    TRANSACTIONS_ROLLED_BACK 0, TRANSFORM 0, TRANSFORMS 0, TRANSLATE 3, TRANSLATE_REGEX 3, TRANSLATION 3, TREAT 3, TRIGGER 3,
    TRIGGER_CATALOG 0, TRIGGER_NAME 0, TRIGGER_SCHEMA 0, TRIM 3, TRIM_ARRAY 3, TRUE 3, TRUNCATE 7, TRY_CAST 1, TUESDAY 1, TUMBLE 0,
    TYPE 0, UESCAPE 3, UNBOUNDED 0, UNCOMMITTED 0, UNCONDITIONAL 0, UNDER 0, UNION 3, UNIQUE 3, UNKNOWN 3, UNLOAD 0, UNNAMED 0, UNNEST 3,
    UNPIVOT 3, UPDATE 3, UPPER 7, UPSERT 3, USAGE 0, USE 3, USER 15, USER_DEFINED_TYPE_CATALOG 0, USER_DEFINED_TYPE_CODE 0,
    USER_DEFINED_TYPE_NAME 0, USER_DEFINED_TYPE_SCHEMA 0, USING 3, UTF16 0, UTF32 0, UTF8 0, VALUE 3, VALUES 3, VALUE_OF 3, VARBINARY 3,
    VARCHAR 3, VARIANT 1, VARYING 3, VAR_POP 7, VAR_SAMP 7, VERSION 0, VERSIONING 3, VIEW 0, VIEWS 3, VIRTUAL 0, WATERMARK 3,
    WATERMARKS 3, WEDNESDAY 1, WEEK 0, WEEKS 1, WHEN 3, WHENEVER 3, WHERE 3, WIDTH_BUCKET 3, WINDOW 3, WITH 3, WITHIN 3, WITHOUT 3,
    WORK 0, WRAPPER 0, WRITE 0, XML 0, YEAR 7, YEARS 0, ZONE 0,
}

/// Twice as many as there are words, so that most searches look at one.
const SLOTS: usize = 2_048;

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler: out of range does not compile"
)]
/// For each slot the place of a word in [`TABLE`], plus one; 0 ends a search. A word stands in the first free slot from its own.
const INDEX: [u16; SLOTS] = {
    let mut index = [0; SLOTS];
    let mut at = 0;
    while at < TABLE.len() {
        let bytes = TABLE[at].0.as_bytes();
        let mut hash = SEED;
        let mut byte = 0;
        while byte < bytes.len() {
            hash = mix(hash, bytes[byte]);
            byte += 1;
        }
        let mut slot = slot(hash);
        while index[slot] != 0 {
            slot = (slot + 1) % SLOTS;
        }
        at += 1;
        index[slot] = at as u16;
    }
    index
};

/// FNV-1a.
const SEED: u32 = 0x811c_9dc5;

const fn mix(hash: u32, byte: u8) -> u32 {
    (hash ^ byte as u32).wrapping_mul(0x0100_0193)
}

const fn slot(hash: u32) -> usize {
    (hash ^ (hash >> 16)) as usize % SLOTS
}

/// Longer than every word.
const LONGEST: usize = 40;

impl Word {
    /// The word that `text` spells. Only ASCII letters fold: `İ` is no `i`.
    #[must_use]
    pub fn find(text: &str) -> Self {
        if text.len() >= LONGEST {
            return Self::None;
        }
        let folded = text.bytes().map(|byte| byte.to_ascii_uppercase());
        let mut slot = slot(folded.fold(SEED, mix));
        while let Some(at) = INDEX
            .get(slot)
            .and_then(|at| usize::from(*at).checked_sub(1))
        {
            match TABLE.get(at) {
                Some((word, found, _)) if word.eq_ignore_ascii_case(text) => return *found,
                Some(_) | None => slot = (slot + 1) % SLOTS,
            }
        }
        Self::None
    }

    /// Its spelling, in capitals.
    #[must_use]
    pub fn text(self) -> &'static str {
        (self as usize)
            .checked_sub(1)
            .and_then(|at| TABLE.get(at))
            .map_or("", |(text, _, _)| text)
    }

    /// Whether the word names a function although it is reserved.
    pub(super) fn is_function(self) -> bool {
        self.marks() & 4 != 0
    }

    /// Whether the word stands for a value by itself, such as `CURRENT_DATE` or `USER`.
    pub(super) fn is_variable(self) -> bool {
        self.marks() & 8 != 0
    }

    fn marks(self) -> u8 {
        (self as usize)
            .checked_sub(1)
            .and_then(|at| TABLE.get(at))
            .map_or(0, |(_, _, marks)| *marks)
    }

    /// Whether the word can be a name only in back-ticks.
    #[must_use]
    pub fn is_reserved(self, version: FlinkVersion) -> bool {
        let bit = match version {
            FlinkVersion::V2_3 => 1,
            FlinkVersion::V1_20 => 2,
        };
        self.marks() & bit != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_word_is_found() {
        assert!(TABLE.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (text, word, _) in TABLE {
            assert_eq!(Word::find(text), *word);
            assert_eq!(Word::find(&text.to_lowercase()), *word);
            assert_eq!(word.text(), *text);
            assert!(text.len() < LONGEST);
        }
    }

    #[test]
    fn only_ascii_letters_fold() {
        assert_eq!(Word::find("lİke"), Word::None);
        assert_eq!(Word::find("ſelect"), Word::None);
        assert_eq!(Word::find(""), Word::None);
        assert_eq!(Word::find("_x"), Word::None);
    }

    #[test]
    fn reserved_words_differ_by_version() {
        assert!(Word::QUALIFY.is_reserved(FlinkVersion::V2_3));
        assert!(!Word::QUALIFY.is_reserved(FlinkVersion::V1_20));
        assert!(!Word::MODEL.is_reserved(FlinkVersion::V2_3));
        assert!(Word::MODEL.is_reserved(FlinkVersion::V1_20));
        assert!(!Word::None.is_reserved(FlinkVersion::V2_3));
    }
}
