import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.formats.common.TimestampFormat;
import org.apache.flink.formats.json.debezium.DebeziumJsonDeserializationSchema;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.util.Collector;

/** Reads each line of standard input with Flink's debezium-json, and prints the rows that come of it, or why none does. */
public class ReadLines {
  public static void main(String[] args) throws Exception {
    DataType row =
        DataTypes.ROW(
            DataTypes.FIELD("id", DataTypes.BIGINT()),
            DataTypes.FIELD("amount", DataTypes.DECIMAL(10, 2)),
            DataTypes.FIELD("at", DataTypes.TIMESTAMP(6)),
            DataTypes.FIELD("day", DataTypes.DATE()));
    DebeziumJsonDeserializationSchema schema =
        new DebeziumJsonDeserializationSchema(
            row, Collections.emptyList(), TypeInformation.of(RowData.class), false, false, TimestampFormat.ISO_8601);
    schema.open(null);
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line; (line = lines.readLine()) != null; ) read(schema, line);
  }

  private static void read(DebeziumJsonDeserializationSchema schema, String line) {
    try {
      schema.deserialize(line.getBytes(StandardCharsets.UTF_8), new Printer());
    } catch (Exception thrown) {
      Throwable cause = thrown;
      while (cause.getCause() != null) cause = cause.getCause();
      System.out.println("error " + cause.getMessage());
    }
  }

  private static class Printer implements Collector<RowData> {
    public void collect(RowData row) {
      String amount = row.isNullAt(1) ? "null" : row.getDecimal(1, 10, 2).toString();
      String at = row.isNullAt(2) ? "null" : row.getTimestamp(2, 6).toString();
      String day = row.isNullAt(3) ? "null" : java.time.LocalDate.ofEpochDay(row.getInt(3)).toString();
      System.out.println(String.join(" ", row.getRowKind().shortString(), "" + row.getLong(0), amount, at, day));
    }

    public void close() {}
  }
}
