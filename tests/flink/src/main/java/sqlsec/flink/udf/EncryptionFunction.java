package sqlsec.flink.udf;
public class EncryptionFunction extends org.apache.flink.table.functions.ScalarFunction {
    public String eval(String s) { return s == null ? null : "enc(" + new StringBuilder(s).reverse() + ")"; }
    public Integer eval(Integer i) { return i == null ? null : i ^ 0x2a2a; }
}
