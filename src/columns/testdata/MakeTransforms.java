// Writes transforms.tsv: values, what Iceberg's Java makes of them, and how its writers name the partition's folder.
//   java -cp 'JARS/*' MakeTransforms.java > transforms.tsv
// JARS holds org.apache.iceberg:iceberg-api:1.10.0 and what it depends on.
// Columns: transform, type, value, result, folder. Numbers in decimal (temporal types and decimals as their whole
// numbers), uuid, fixed, binary and string in hexadecimal, null as "null".
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.ArrayList;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.StructLike;
import org.apache.iceberg.transforms.Transform;
import org.apache.iceberg.transforms.Transforms;
import org.apache.iceberg.types.Type;
import org.apache.iceberg.types.Types;

public class MakeTransforms {
  static final List<String> TEXTS = List.of("", "a", "iceberg", "größe", "日本語のテキスト", "😀😃😄😁", "a/b c+d%e~f*g", "..",
      "null", "x=y&z", "line\nbreak", "e\u0301tude", "the quick brown fox jumps over the lazy dog");
  static final List<Integer> INTS = List.of(0, 1, -1, 9, 10, 11, -9, -10, -11, 34, 99, 100, 1999, Integer.MAX_VALUE,
      Integer.MIN_VALUE, Integer.MIN_VALUE + 3);
  static final List<Long> LONGS = List.of(0L, 1L, -1L, 10L, -10L, -11L, 34L, 1L << 40, -(1L << 40) - 7, Long.MAX_VALUE,
      Long.MIN_VALUE, Long.MIN_VALUE + 3);
  static final List<Integer> DAYS = List.of(0, 1, -1, 17486, -365, -366, 19782, 19783, 20454, -719162, -719163, 2932896, 2932897,
      -25567);
  static final List<Long> MICROS = List.of(0L, 1L, -1L, 1510871468000000L, 1510871468000001L, -3600000000L, -3600000001L,
      1234567890123456L, 1512123175038194L, 1512123175038000L, -62135596800000000L, -62135596800000001L, 253402300799999999L,
      253402300800000000L, -86400000000L, 1600000020000000L, 1500000000500000L);
  static final List<Long> TIMES = List.of(0L, 1L, 81068000000L, 86399999999L, 3600000000L, 36000000000L + 1000, 500000L);
  static final List<String> BYTES = List.of("", "00", "00010203", "ff", "fffefdfc", "0102030405060708090a0b0c0d0e0f10ff");

  static final Map<Type, List<Object>> VALUES = values();

  static Map<Type, List<Object>> values() {
    Map<Type, List<Object>> values = new TreeMap<>((a, b) -> a.toString().compareTo(b.toString()));
    values.put(Types.BooleanType.get(), List.of(true, false));
    values.put(Types.IntegerType.get(), List.copyOf(INTS));
    values.put(Types.LongType.get(), List.copyOf(LONGS));
    values.put(Types.FloatType.get(), List.of(0f, -0f, 1f, 1.5f, -2.25f, 0.001f, 1e-4f, 1e7f, 1234567.8f, 3.4e38f, Float.NaN));
    values.put(Types.DoubleType.get(), List.of(0.0, -0.0, 1.0, 0.1, -2.5, 0.001, 0.0009, 1e7, 9999999.0, 1.7e308, 123456789.125,
        Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY));
    values.put(Types.DateType.get(), List.copyOf(DAYS));
    values.put(Types.TimeType.get(), List.copyOf(TIMES));
    values.put(Types.TimestampType.withoutZone(), List.copyOf(MICROS));
    values.put(Types.TimestampType.withZone(), List.copyOf(MICROS));
    values.put(Types.StringType.get(), List.copyOf(TEXTS));
    values.put(Types.UUIDType.get(), List.of(UUID.fromString("f79c3e09-677c-4bbd-a479-3f349cb785e7"), new UUID(0, 0),
        new UUID(-1, -1)));
    values.put(Types.BinaryType.get(), bytes(BYTES));
    values.put(Types.FixedType.ofLength(4), bytes(List.of("00010203", "ffffffff", "deadbeef")));
    values.put(Types.DecimalType.of(9, 2), decimals(2, "0", "1", "-1", "1420", "-1420", "1065", "-1065", "999999999", "-999999999"));
    values.put(Types.DecimalType.of(38, 9), decimals(9, "0", "1", "-99", "1000", "99999999999999999999999999999999999999",
        "-99999999999999999999999999999999999999", "128", "-128", "-129"));
    values.put(Types.DecimalType.of(20, 0), decimals(0, "0", "12345678901234567890", "-12345678901234567890"));
    return values;
  }

  static List<Object> bytes(List<String> hex) {
    List<Object> out = new ArrayList<>();
    for (String one : hex) out.add(ByteBuffer.wrap(HexFormat.of().parseHex(one)));
    return out;
  }

  static List<Object> decimals(int scale, String... unscaled) {
    List<Object> out = new ArrayList<>();
    for (String one : unscaled) out.add(new BigDecimal(new BigInteger(one), scale));
    return out;
  }

  static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  static String text(Object value) {
    if (value == null) return "null";
    if (value instanceof Float f) return Double.toString(f);
    if (value instanceof BigDecimal d) return d.unscaledValue().toString();
    if (value instanceof CharSequence s) return hex(s.toString().getBytes(StandardCharsets.UTF_8));
    if (value instanceof ByteBuffer b) {
      byte[] bytes = new byte[b.remaining()];
      b.duplicate().get(bytes);
      return hex(bytes);
    }
    if (value instanceof UUID u) return hex(ByteBuffer.allocate(16).putLong(u.getMostSignificantBits())
        .putLong(u.getLeastSignificantBits()).array());
    return value.toString();
  }

  record One(Object value) implements StructLike {
    public int size() { return 1; }
    public <T> T get(int pos, Class<T> type) { return type.cast(value); }
    public <T> void set(int pos, T value) { throw new UnsupportedOperationException(); }
  }

  static PartitionSpec spec(Schema schema, String transform) {
    PartitionSpec.Builder builder = PartitionSpec.builderFor(schema);
    int width = transform.contains("[") ? Integer.parseInt(transform.replaceAll("[^0-9]", "")) : 0;
    switch (transform.replaceAll("\\[.*", "")) {
      case "identity": return builder.identity("x y").build();
      case "bucket": return builder.bucket("x y", width).build();
      case "truncate": return builder.truncate("x y", width).build();
      case "year": return builder.year("x y").build();
      case "month": return builder.month("x y").build();
      case "day": return builder.day("x y").build();
      case "hour": return builder.hour("x y").build();
      case "void": return builder.alwaysNull("x y").build();
      default: throw new IllegalArgumentException(transform);
    }
  }

  @SuppressWarnings("unchecked")
  static void write(String transform, Type type, Object value) {
    Transform<Object, Object> made = (Transform<Object, Object>) Transforms.fromString(type, transform);
    if (!made.canTransform(type)) return;
    Object result = value == null ? null : made.bind(type).apply(value);
    Schema schema = new Schema(Types.NestedField.optional(1, "x y", type));
    String path = spec(schema, transform).partitionToPath(new One(result));
    System.out.println(String.join("\t", transform, type.toString().replace(" ", ""), text(value), text(result), path));
  }

  public static void main(String[] args) {
    for (String transform : List.of("identity", "bucket[1]", "bucket[16]", "bucket[2147483647]", "truncate[1]", "truncate[4]",
        "truncate[10]", "truncate[2147483647]", "year", "month", "day", "hour", "void")) {
      for (Map.Entry<Type, List<Object>> entry : VALUES.entrySet()) {
        Transform<?, ?> made;
        try {
          made = Transforms.fromString(entry.getKey(), transform);
          if (!made.canTransform(entry.getKey())) continue;
        } catch (IllegalArgumentException | UnsupportedOperationException e) {
          continue;
        }
        write(transform, entry.getKey(), null);
        for (Object value : entry.getValue()) write(transform, entry.getKey(), value);
      }
    }
  }
}
