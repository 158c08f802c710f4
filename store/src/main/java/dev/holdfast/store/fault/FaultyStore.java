package dev.holdfast.store.fault;

import dev.holdfast.model.Failure;
import dev.holdfast.model.Operation;
import dev.holdfast.store.ForwardingStore;
import dev.holdfast.store.ObjectStore;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * A store that fails on command. Calls are numbered from 1 in the order in which they come; each
 * rule sees every call. Rules may be added while calls run.
 *
 * <pre>{@code
 * FaultyStore store = new FaultyStore(real);
 * store.on(FaultyStore.nth(7), FaultyStore.unreachable());          // the 7th call fails
 * store.on(FaultyStore.after(20), FaultyStore.unreachable());       // dead after 20 calls
 * store.on(FaultyStore.puts("velero-backup.json"), FaultyStore.full());
 * store.on(FaultyStore.gets("x.tar.gz"), FaultyStore.truncate(1000));
 * }</pre>
 */
public final class FaultyStore extends ForwardingStore {

  /** What is called. */
  public enum Verb {
    PUT,
    PUT_IF_ABSENT,
    HEAD,
    GET,
    LIST,
    DELETE
  }

  /**
   * @param number from 1
   * @param key or prefix
   */
  public record Call(long number, Verb verb, String key) {

    public boolean writes() {
      return verb == Verb.PUT || verb == Verb.PUT_IF_ABSENT || verb == Verb.DELETE;
    }
  }

  /** What happens to a call that a rule is for. */
  public sealed interface Fault {}

  /** Throws before the store is asked. */
  private record Refuse(java.util.function.Function<Call, Throwable> failure) implements Fault {}

  /** Asks the store, then throws: the answer is lost. */
  private record LoseAnswer() implements Fault {}

  /** A get ends after so many bytes, as if the object did; the store has lost the rest. */
  private record Truncate(long bytes) implements Fault {}

  /** A get fails after so many bytes. */
  private record Break(long bytes) implements Fault {}

  private record Slow(Duration time) implements Fault {}

  /** A list does not show objects of these names yet. */
  private record Hide(Predicate<String> keys) implements Fault {}

  private record Rule(Predicate<Call> when, Fault fault) {}

  private final List<Rule> rules = new CopyOnWriteArrayList<>();
  private final List<Call> calls = new CopyOnWriteArrayList<>();
  private final AtomicLong number = new AtomicLong();

  public FaultyStore(ObjectStore store) {
    super(store);
  }

  /** Adds a rule. */
  public FaultyStore on(Predicate<Call> when, Fault fault) {
    rules.add(new Rule(when, fault));
    return this;
  }

  /** Removes all rules: the store works again. */
  public void heal() {
    rules.clear();
  }

  /** All calls so far, in order. */
  public List<Call> calls() {
    return List.copyOf(calls);
  }

  public static Predicate<Call> nth(long number) {
    return call -> call.number() == number;
  }

  public static Predicate<Call> after(long number) {
    return call -> call.number() > number;
  }

  public static Predicate<Call> writes() {
    return Call::writes;
  }

  /** Puts of keys that end so. */
  public static Predicate<Call> puts(String suffix) {
    return call ->
        (call.verb() == Verb.PUT || call.verb() == Verb.PUT_IF_ABSENT)
            && call.key().endsWith(suffix);
  }

  /** Gets, whole or in part, of keys that end so. */
  public static Predicate<Call> gets(String suffix) {
    return call -> call.verb() == Verb.GET && call.key().endsWith(suffix);
  }

  public static Predicate<Call> lists() {
    return call -> call.verb() == Verb.LIST;
  }

  public static Fault unreachable() {
    return new Refuse(
        call -> new Failure.Unreachable("Injected: no answer to " + call, null, null));
  }

  public static Fault full() {
    return new Refuse(call -> new Failure.Full("Injected: no room for " + call.key(), null, null));
  }

  public static Fault denied() {
    return new Refuse(
        call -> new Failure.Denied("Injected: no right to " + call.key(), null, null));
  }

  /** As if the process were killed before the call: an error that nobody should catch. */
  public static Fault kill() {
    return new Refuse(Killed::new);
  }

  /** The process has no memory left for the call. */
  public static Fault outOfMemory() {
    return new Refuse(call -> new OutOfMemoryError("Injected: no memory for " + call));
  }

  /** The call takes effect, but its answer is lost. */
  public static Fault loseAnswer() {
    return new LoseAnswer();
  }

  public static Fault truncate(long bytes) {
    return new Truncate(bytes);
  }

  public static Fault breakAfter(long bytes) {
    return new Break(bytes);
  }

  public static Fault slow(Duration time) {
    return new Slow(time);
  }

  public static Fault hide(Predicate<String> keys) {
    return new Hide(keys);
  }

  /** Stands for the end of the process. */
  public static final class Killed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Killed(Call call) {
      super("Injected: killed before " + call);
    }
  }

  @Override
  public Meta put(Operation op, String key, InputStream body, PutOptions options) {
    return answer(begin(op, Verb.PUT, key), () -> super.put(op, key, body, options));
  }

  @Override
  public Meta put(Operation op, String key, byte[] body, PutOptions options) {
    return answer(begin(op, Verb.PUT, key), () -> super.put(op, key, body, options));
  }

  @Override
  public Meta put(Operation op, String key, byte[] body, int length, PutOptions options) {
    return answer(begin(op, Verb.PUT, key), () -> super.put(op, key, body, length, options));
  }

  @Override
  public boolean putIfAbsent(Operation op, String key, byte[] body) {
    return answer(begin(op, Verb.PUT_IF_ABSENT, key), () -> super.putIfAbsent(op, key, body));
  }

  @Override
  public Optional<Meta> head(Operation op, String key) {
    return answer(begin(op, Verb.HEAD, key), () -> super.head(op, key));
  }

  @Override
  public InputStream get(Operation op, String key) {
    List<Fault> faults = begin(op, Verb.GET, key);
    return broken(key, faults, answer(faults, () -> super.get(op, key)));
  }

  @Override
  public InputStream get(Operation op, String key, long offset, long length) {
    List<Fault> faults = begin(op, Verb.GET, key);
    return broken(key, faults, answer(faults, () -> super.get(op, key, offset, length)));
  }

  @Override
  public Listing list(Operation op, String prefix) {
    List<Fault> faults = begin(op, Verb.LIST, prefix);
    Listing listing = answer(faults, () -> super.list(op, prefix));
    return new Listing(
        listing.objects().stream().filter(meta -> !hidden(faults, meta.key())).toList(),
        listing.prefixes().stream().filter(p -> !hidden(faults, p)).toList());
  }

  @Override
  public void listAll(Operation op, String prefix, Consumer<Meta> each) {
    List<Fault> faults = begin(op, Verb.LIST, prefix);
    super.listAll(
        op,
        prefix,
        meta -> {
          if (!hidden(faults, meta.key())) {
            each.accept(meta);
          }
        });
    answer(faults, () -> true);
  }

  @Override
  public void delete(Operation op, String key) {
    answer(
        begin(op, Verb.DELETE, key),
        () -> {
          super.delete(op, key);
          return true;
        });
  }

  private List<Fault> begin(Operation op, Verb verb, String key) {
    Call call = new Call(number.incrementAndGet(), verb, key);
    calls.add(call);
    List<Fault> faults =
        rules.stream().filter(rule -> rule.when.test(call)).map(Rule::fault).toList();
    for (Fault fault : faults) {
      switch (fault) {
        case Slow(Duration time) -> op.pause(time);
        case Refuse(var failure) -> Operation.rethrow(failure.apply(call));
        default -> {}
      }
    }
    return faults;
  }

  private static <T> T answer(List<Fault> faults, java.util.function.Supplier<T> call) {
    T answer = call.get();
    if (faults.stream().anyMatch(LoseAnswer.class::isInstance)) {
      throw new Failure.Unreachable("Injected: the answer was lost", null, null);
    }
    return answer;
  }

  private static boolean hidden(List<Fault> faults, String key) {
    return faults.stream().anyMatch(fault -> fault instanceof Hide(var keys) && keys.test(key));
  }

  private static InputStream broken(String key, List<Fault> faults, InputStream in) {
    InputStream result = in;
    for (Fault fault : faults) {
      result =
          switch (fault) {
            case Truncate(long bytes) -> new Ending(result, bytes, key, false);
            case Break(long bytes) -> new Ending(result, bytes, key, true);
            default -> result;
          };
    }
    return result;
  }

  private static final class Ending extends FilterInputStream {

    private final String key;
    private final boolean fails;
    private long left;

    Ending(InputStream in, long bytes, String key, boolean fails) {
      super(in);
      this.left = bytes;
      this.key = key;
      this.fails = fails;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (left == 0 && fails) {
        throw new Failure.Unreachable("Injected: the connection broke in " + key, null, null);
      }
      if (left == 0) {
        return -1;
      }
      int n = in.read(bytes, offset, (int) Math.min(length, left));
      left -= Math.max(n, 0);
      return n;
    }
  }
}
