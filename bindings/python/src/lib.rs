//! `sqlsec._native`: an engine behind two texts of JSON. docs/embedding-python.md is the manual.
//!
//! In: documents as UTF-8. Out: documents, or `NativeError` with the error as JSON. What a call means is said in `sqlsec::host`.
//! Stays out: JSON, decisions, the exceptions that people catch: the Python half makes them.
//! Invariant: other threads of the interpreter run while a check does.

use std::sync::{Arc, PoisonError, RwLock};

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use sqlsec::host::{Config, Guarded, HostCode, HostError, Settle, open};
use sqlsec::lineage::store::RecordId;

pyo3::create_exception!(_native, NativeError, PyException, "An error as JSON.");

fn raised(error: &HostError) -> PyErr {
    let json = serde_json::to_string(error).unwrap_or_default();
    NativeError::new_err(json)
}

/// An engine, until it is closed.
#[pyclass(frozen)]
struct Native(RwLock<Option<Arc<Guarded>>>);

impl Native {
    fn door(&self) -> PyResult<Arc<Guarded>> {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let door = held.as_ref().map(Arc::clone);
        door.ok_or_else(|| {
            raised(&HostError::new(
                HostCode::Handle,
                "this engine has been closed",
            ))
        })
    }
}

#[pymethods]
impl Native {
    /// Opens what a configuration document describes.
    #[new]
    fn new(py: Python<'_>, config: &[u8]) -> PyResult<Self> {
        let opened = py.detach(|| {
            let config = Config::parse(config)?;
            Guarded::configured(open(&config)?, &config)
        });
        let door = opened.map_err(|error| raised(&error))?;
        Ok(Self(RwLock::new(Some(Arc::new(door)))))
    }

    /// Decides about a request document: whether it is allowed, and the reply document.
    fn check(&self, py: Python<'_>, request: &[u8]) -> PyResult<(bool, Vec<u8>)> {
        let door = self.door()?;
        let answer = py.detach(|| door.check_json(request));
        let answer = answer.map_err(|error| raised(&error))?;
        Ok((answer.allowed, answer.json))
    }

    /// The script whose reply has this `lineage_id` was submitted.
    fn commit(&self, py: Python<'_>, id: u64) -> PyResult<()> {
        self.settle(py, id, Settle::Commit)
    }

    /// It was not, and will not be.
    fn abort(&self, py: Python<'_>, id: u64) -> PyResult<()> {
        self.settle(py, id, Settle::Abort)
    }

    /// Lets go of everything once the checks that run have ended. Again is no mistake.
    fn close(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Native {
    fn settle(&self, py: Python<'_>, id: u64, settle: Settle) -> PyResult<()> {
        let door = self.door()?;
        let told = py.detach(|| door.settle(RecordId(id), settle));
        told.map_err(|error| raised(&error))
    }
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("NativeError", module.py().get_type::<NativeError>())?;
    module.add_class::<Native>()
}
