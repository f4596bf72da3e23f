package sqlsec.flink.udf;

import org.apache.flink.table.functions.ScalarFunction;

/** Stands for a site's encryption: equal values stay equal, NULL stays NULL. It is readable on purpose: a failed test shows what was encrypted. */
public class EncryptionFunction extends ScalarFunction {
    private static final long serialVersionUID = 1L;
    private static final int KEY = 0x2a2a;

    public String eval(String text) {
        return text == null ? null : "enc(" + new StringBuilder(text).reverse() + ")";
    }

    public Integer eval(Integer number) {
        return number == null ? null : number ^ KEY;
    }
}
