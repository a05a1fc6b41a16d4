import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.format.Json;
import java.io.FileReader;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Runs Debezium once for each file of properties, until a change of the table `the_end`; prints each record as a line of JSON. */
public class Record {
  public static void main(String[] files) throws Exception {
    try {
      for (String file : files) run(file);
      System.exit(0);
    } catch (Exception failed) {
      failed.printStackTrace();
      System.exit(1);
    }
  }

  static void run(String file) throws Exception {
    Properties properties = new Properties();
    try (FileReader reader = new FileReader(file)) {
      properties.load(reader);
    }
    String name = properties.getProperty("name");
    CompletableFuture<Void> end = new CompletableFuture<>();
    DebeziumEngine<ChangeEvent<String, String>> engine =
        DebeziumEngine.create(Json.class)
            .using(properties)
            .notifying(record -> print(name, record, end))
            .using((success, message, error) -> end.completeExceptionally(new Exception(message, error)))
            .build();
    ExecutorService thread = Executors.newSingleThreadExecutor();
    thread.execute(engine);
    end.get(120, TimeUnit.SECONDS);
    engine.close();
    thread.shutdown();
    thread.awaitTermination(30, TimeUnit.SECONDS);
  }

  static void print(String name, ChangeEvent<String, String> record, CompletableFuture<Void> end) {
    String line = "{\"run\":\"" + name + "\",\"topic\":\"" + record.destination() + "\",\"key\":" + record.key();
    System.out.println(line + ",\"value\":" + record.value() + "}");
    if (record.destination().endsWith(".the_end")) end.complete(null);
  }
}
