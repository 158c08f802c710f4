package dev.holdfast.repository.crypto;

import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.security.Key;
import java.security.spec.AlgorithmParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's Poly1305, which is vector instructions of the processor where it has them: 11 GB/s a
 * core with AVX-512, nine times our own. The JDK has no name for it but as a part of ChaCha20, so
 * it is there only if {@code java.base} opens {@code com.sun.crypto.provider} to us, as the
 * command's manifest asks for.
 */
final class JdkPoly1305 {

  /** It is that fast only where its caller is compiled, and calls are what counts for that. */
  private static final int SLICE = 32 << 10;

  private static final @Nullable JdkPoly1305 INSTANCE = find();

  private final Constructor<?> constructor;
  private final Method init;
  private final Method update;
  private final Method end;

  private JdkPoly1305(Class<?> type) throws ReflectiveOperationException {
    constructor = type.getDeclaredConstructor(boolean.class);
    init = type.getDeclaredMethod("engineInit", Key.class, AlgorithmParameterSpec.class);
    update = type.getDeclaredMethod("engineUpdate", byte[].class, int.class, int.class);
    end = type.getDeclaredMethod("engineDoFinal");
    constructor.setAccessible(true);
    init.setAccessible(true);
    update.setAccessible(true);
    end.setAccessible(true);
  }

  /** Null if this Java does not have it for us. */
  static @Nullable JdkPoly1305 instance() {
    return INSTANCE;
  }

  private static @Nullable JdkPoly1305 find() {
    try {
      return new JdkPoly1305(Class.forName("com.sun.crypto.provider.Poly1305"));
    } catch (ReflectiveOperationException | RuntimeException e) {
      return null; // not opened, or another Java's: ours does
    }
  }

  /** As {@link Poly1305#tag}. */
  void tag(byte[] key, byte[] message, int offset, int length, byte[] target, int at) {
    try {
      Object mac = constructor.newInstance(false); // whatever r is: keys of old repositories
      init.invoke(mac, new SecretKeySpec(key, "Poly1305"), null);
      for (int done = 0; done < length; done += SLICE) {
        update.invoke(mac, message, offset + done, Math.min(SLICE, length - done));
      }
      System.arraycopy(end.invoke(mac), 0, target, at, Poly1305.TAG);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("The JDK's Poly1305 failed", e);
    }
  }
}
