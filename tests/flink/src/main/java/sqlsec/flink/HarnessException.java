package sqlsec.flink;

/** The job itself is at fault, not a statement in it: never to be taken for a refusal by Flink. */
final class HarnessException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    HarnessException(String message) {
        super(message);
    }

    HarnessException(String message, Throwable cause) {
        super(message, cause);
    }
}
