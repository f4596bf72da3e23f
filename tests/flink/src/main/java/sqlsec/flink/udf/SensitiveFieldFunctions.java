package sqlsec.flink.udf;
public class SensitiveFieldFunctions extends org.apache.flink.table.functions.ScalarFunction {
    public String eval(String s) { return s == null ? null : s.length() < 7 ? "***" : s.substring(0, 3) + "****" + s.substring(7); }
}
