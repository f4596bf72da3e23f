//! `sqlsec-java`: the native methods of `io.github.sqlsec.Native`. docs/embedding-java.md is the manual.
//!
//! In: bytes of JSON, and a handle. Out: bytes, of which the last one says what those before it are ([`Tag`]). What a call means is said in
//! `sqlsec::host`.
//! Stays out: JSON, decisions, Java's exceptions: the Java half makes them, so that this one looks up no class and calls nothing back.
//! Invariant: `with_env` catches what panics, so that nothing unwinds into the JVM; what has no answer is null, which Java reads as a failure.

#[cfg(feature = "panic-injection")]
mod injected;

/// A check makes and drops many small values; glibc's allocator takes a lock for each where a process has threads, as a JVM has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use jni::objects::{JByteArray, JClass};
use jni::sys::{jint, jlong};
use jni::{Env, EnvUnowned, Outcome};
use sqlsec::host::{Config, Guarded, HostError, Settle, Slots, open};
use sqlsec::lineage::store::RecordId;

/// What the Java half and this one have agreed on.
const ABI_VERSION: jint = 2;

static ENGINES: Slots = Slots::new();

/// The last byte of an answer.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Tag {
    /// A reply that allows, or what was asked for.
    Ok = 0,
    /// A reply that denies.
    Denied = 1,
    /// An error: `HostError` as JSON.
    Error = 2,
}

/// The version of the native methods' contract.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_github_sqlsec_Native_abiVersion<'call>(
    _env: EnvUnowned<'call>,
    _class: JClass<'call>,
) -> jint {
    ABI_VERSION
}

/// The version of the library.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_github_sqlsec_Native_version<'call>(
    env: EnvUnowned<'call>,
    _class: JClass<'call>,
) -> JByteArray<'call> {
    answer(env, |_| {
        let version = env!("CARGO_PKG_VERSION").as_bytes().to_vec();
        Ok(Ok((version, Tag::Ok)))
    })
}

/// A configuration becomes a handle: eight bytes, the highest first.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_github_sqlsec_Native_open<'call>(
    env: EnvUnowned<'call>,
    _class: JClass<'call>,
    config: JByteArray<'call>,
) -> JByteArray<'call> {
    answer(env, |env| {
        let config = env.convert_byte_array(config)?;
        let handle = opened(&config);
        Ok(handle.map(|handle| (handle.to_be_bytes().to_vec(), Tag::Ok)))
    })
}

/// A request becomes a reply.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_github_sqlsec_Native_check<'call>(
    env: EnvUnowned<'call>,
    _class: JClass<'call>,
    handle: jlong,
    request: JByteArray<'call>,
) -> JByteArray<'call> {
    answer(env, |env| {
        let request = env.convert_byte_array(request)?;
        Ok(checked(handle.cast_unsigned(), &request))
    })
}

/// A submission was made.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_github_sqlsec_Native_commit<'call>(
    env: EnvUnowned<'call>,
    _class: JClass<'call>,
    handle: jlong,
    record: jlong,
) -> JByteArray<'call> {
    answer(env, |_| Ok(settled(handle, record, Settle::Commit)))
}

/// A submission was not made.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_github_sqlsec_Native_abort<'call>(
    env: EnvUnowned<'call>,
    _class: JClass<'call>,
    handle: jlong,
    record: jlong,
) -> JByteArray<'call> {
    answer(env, |_| Ok(settled(handle, record, Settle::Abort)))
}

/// A job has finished.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_github_sqlsec_Native_ended<'call>(
    env: EnvUnowned<'call>,
    _class: JClass<'call>,
    handle: jlong,
    record: jlong,
) -> JByteArray<'call> {
    answer(env, |_| Ok(settled(handle, record, Settle::Ended)))
}

/// Forgets an engine.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_github_sqlsec_Native_close<'call>(
    env: EnvUnowned<'call>,
    _class: JClass<'call>,
    handle: jlong,
) -> JByteArray<'call> {
    answer(env, |_| {
        let closed = ENGINES.close(handle.cast_unsigned());
        Ok(closed.map(|()| (Vec::new(), Tag::Ok)))
    })
}

fn opened(config: &[u8]) -> Result<u64, HostError> {
    let config = Config::parse(config)?;
    let opened = open(&config)?;
    #[cfg(feature = "panic-injection")]
    let opened = injected::injected(opened);
    ENGINES.put(Guarded::configured(opened, &config)?)
}

fn checked(handle: u64, request: &[u8]) -> Result<(Vec<u8>, Tag), HostError> {
    let answer = ENGINES.find(handle)?.check_json(request)?;
    let tag = if answer.allowed { Tag::Ok } else { Tag::Denied };
    Ok((answer.json, tag))
}

fn settled(handle: jlong, record: jlong, settle: Settle) -> Made {
    let engine = ENGINES.find(handle.cast_unsigned())?;
    engine.settle(RecordId(record.cast_unsigned()), settle)?;
    Ok((Vec::new(), Tag::Ok))
}

/// What a call has made: an answer, or a failure of ours.
type Made = Result<(Vec<u8>, Tag), HostError>;

/// Runs a call and hands its answer over; null where the JVM has failed (it may have left an exception), or the call has panicked.
fn answer<'call>(
    mut env: EnvUnowned<'call>,
    call: impl FnOnce(&mut Env<'call>) -> jni::errors::Result<Made>,
) -> JByteArray<'call> {
    let outcome = env.with_env(|env| {
        let (mut bytes, tag) = call(env)?.unwrap_or_else(|error| {
            let json = serde_json::to_vec(&error).unwrap_or_default();
            (json, Tag::Error)
        });
        bytes.push(tag as u8);
        env.byte_array_from_slice(&bytes)
    });
    match outcome.into_outcome() {
        Outcome::Ok(bytes) => bytes,
        Outcome::Err(_) => JByteArray::null(),
        Outcome::Panic(payload) => {
            // Its payload may panic when it is dropped.
            std::mem::forget(payload);
            JByteArray::null()
        }
    }
}
