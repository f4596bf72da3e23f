package sqlsec.flink.udf;
public class SplitFunction extends org.apache.flink.table.functions.TableFunction<String> {
    public void eval(String s, String by) { if (s != null) for (String p : s.split(java.util.regex.Pattern.quote(by))) collect(p); }
}
