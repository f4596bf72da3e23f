package io.github.sqlsec;

/** The native methods. An answer's last byte says what those before it are; null is a failure of the call itself. */
final class Native {
  static final int ABI_VERSION = 2;

  static final byte OK = 0;
  static final byte DENIED = 1;
  static final byte ERROR = 2;

  /** Why the library is not there; null when it is. */
  private static final SqlSecException FAILURE = load();

  private Native() {}

  /** Throws when the library is not there. To be called before the first native method. */
  static void ready() {
    if (FAILURE != null) {
      throw SqlSecException.of(FAILURE.code(), FAILURE.getMessage(), FAILURE);
    }
  }

  private static SqlSecException load() {
    try {
      NativeLibrary.load();
      if (abiVersion() != ABI_VERSION) {
        return SqlSecException.of(NativeLibrary.UNUSABLE, "the native library is of another version of sqlsec");
      }
      return null;
    } catch (SqlSecException e) {
      return e;
    } catch (LinkageError | RuntimeException e) {
      return SqlSecException.of(NativeLibrary.UNUSABLE, "the native library cannot be loaded: " + e.getMessage(), e);
    }
  }

  static native int abiVersion();

  static native byte[] version();

  /** The handle: eight bytes, the highest first. */
  static native byte[] open(byte[] config);

  static native byte[] check(long handle, byte[] request);

  static native byte[] commit(long handle, long record);

  static native byte[] abort(long handle, long record);

  static native byte[] ended(long handle, long record);

  static native byte[] close(long handle);
}
