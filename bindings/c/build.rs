//! The name by which programs find the shared library again, for builds without cargo-c, which sets the same.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = std::env::var_os("CARGO_CFG_TARGET_OS");
    if target.is_some_and(|os| os == "linux") {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libsqlsec.so.0");
    }
}
