//! Why a folder of licence types was refused: in which folder and file, and what is wrong there, one sentence in each
//! language.

use super::columns::ColumnError;
use super::facts::{FACTS_FILE, FactError};
use super::licence_type::{COLUMNS_FILE, EXAMPLE_FILE, METADATA_FILE, SCHEMA_FILE, TYPE_FILE};
use super::matters::{MATTERS_FOLDER, MatterError};
use super::metadata::MetadataError;
use super::parts::SchemaError;
use super::refusal::RequestError;
use super::rules::Bilingual;
use super::sources::SourceError;
use crate::values::canonical::JsonError;
use crate::values::identifiers::{Slug, TypeCode};

/// One thing wrong with a folder of licence types. Only [`Self::In`] says where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    /// A file that every type has is missing.
    #[error("is missing")]
    Missing(&'static str),
    /// A file is not UTF-8.
    #[error("is not UTF-8")]
    Utf8(&'static str),
    /// A file is not JSON.
    #[error("{error}")]
    Json {
        /// Which.
        file: &'static str,
        /// Why not.
        error: JsonError,
    },
    /// `type.toml` does not have its form.
    #[error("{0}")]
    Rules(String),
    /// `type.toml` contradicts itself.
    #[error("{}", .0.en)]
    Contradiction(Bilingual),
    /// The sources in `type.toml` disagree with the claims.
    #[error(transparent)]
    Sources(#[from] SourceError),
    /// `claims.schema.json` is no schema, or not a closed one.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// `metadata.json` has not its form, or disagrees with schema or rules.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// `columns.toml`.
    #[error(transparent)]
    Columns(#[from] ColumnError),
    /// `example.json` is no request that the type allows.
    #[error(transparent)]
    Example(RequestError),
    /// `facts.toml`, which stands beside the folders.
    #[error(transparent)]
    Facts(#[from] FactError),
    /// The folder is named otherwise than the type in it.
    #[error("the folder is {folder}, the type in it {found}")]
    Folder {
        /// `<slug>/<version>` of the path.
        folder: String,
        /// `<slug>/<version>` of `type.toml`.
        found: String,
    },
    /// Two types with one code, or one type with two.
    #[error("type code {code} belongs to both {first} and {second}")]
    TypeCode {
        /// The code.
        code: TypeCode,
        /// One type.
        first: Slug,
        /// The other; or the same, where its versions differ.
        second: Slug,
    },
    /// A matter, which stands beside the folders too.
    #[error("{file}: {error}")]
    Matter {
        /// Its file.
        file: String,
        /// What is wrong in it.
        error: MatterError,
    },
    /// In which folder the error is.
    #[error("{folder}: {}: {error}", .error.file())]
    In {
        /// `<slug>/<version>`, or `.` where the folders stand.
        folder: String,
        /// What is wrong in it.
        error: Box<Self>,
    },
}

impl CatalogueError {
    /// The file at fault.
    pub fn file(&self) -> &'static str {
        match self {
            Self::Missing(file) | Self::Utf8(file) | Self::Json { file, .. } => file,
            Self::Rules(_) | Self::Contradiction(_) | Self::Sources(_) => TYPE_FILE,
            Self::Folder { .. } | Self::TypeCode { .. } => TYPE_FILE,
            Self::Schema(_) => SCHEMA_FILE,
            Self::Metadata(_) => METADATA_FILE,
            Self::Columns(_) => COLUMNS_FILE,
            Self::Example(_) => EXAMPLE_FILE,
            Self::Facts(_) => FACTS_FILE,
            Self::Matter { .. } => MATTERS_FOLDER,
            Self::In { error, .. } => error.file(),
        }
    }

    /// The sentence in Chinese, without its place; [`std::fmt::Display`] is the English one.
    pub fn zh(&self) -> String {
        match self {
            Self::Missing(_) => "缺少该文件".to_owned(),
            Self::Utf8(_) => "不是 UTF-8 文本".to_owned(),
            Self::Json { error, .. } => format!("不是合格的 JSON({error})"),
            Self::Rules(problem) => format!("格式不正确({problem})"),
            Self::Contradiction(sentence) => sentence.zh.clone(),
            Self::Sources(error) => error.zh(),
            Self::Schema(error) => error.zh(),
            Self::Metadata(error) => error.zh(),
            Self::Columns(error) => error.zh(),
            Self::Facts(error) => error.zh(),
            Self::Example(error) => format!("{}:{}", error.pointer, error.kind.zh()),
            Self::Folder { folder, found } => format!("目录名为 {folder},其中的类型却是 {found}"),
            Self::TypeCode { code, first, second } => {
                format!("证照类型代码 {code} 同时属于 {first} 和 {second}")
            }
            Self::Matter { file, error } => format!("{file}:{}", error.zh()),
            Self::In { error, .. } => error.zh(),
        }
    }
}
