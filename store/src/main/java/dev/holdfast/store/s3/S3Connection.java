package dev.holdfast.store.s3;

import java.io.ByteArrayInputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpConfigurationOption;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;
import software.amazon.awssdk.utils.AttributeMap;

/**
 * The SDK's client and signer for one location, made when first used. Here, and nowhere else,
 * requests are retried: the SDK's standard strategy, with jitter.
 */
final class S3Connection implements AutoCloseable {

  /** More than any of our callers has requests open. */
  private static final int CONNECTIONS = 128;

  private static final Region FIRST_GUESS = Region.US_EAST_1;

  private final S3Config config;
  private @Nullable SdkHttpClient http;
  private @Nullable AwsCredentialsProvider credentials;
  private @Nullable Region region;
  private @Nullable S3Client client;
  private @Nullable S3Presigner presigner;

  S3Connection(S3Config config) {
    this.config = config;
  }

  synchronized S3Client client() {
    if (client == null) {
      client = client(region());
    }
    return client;
  }

  synchronized S3Presigner presigner() {
    if (presigner == null) {
      S3Presigner.Builder builder =
          S3Presigner.builder()
              .region(region())
              .credentialsProvider(credentials())
              .serviceConfiguration(
                  S3Configuration.builder().pathStyleAccessEnabled(config.pathStyle()).build());
      URI endpoint = config.publicUrl() == null ? config.endpoint() : config.publicUrl();
      if (endpoint != null) {
        builder.endpointOverride(endpoint);
      }
      presigner = builder.build();
    }
    return presigner;
  }

  private S3Client client(Region region) {
    var builder =
        S3Client.builder()
            .region(region)
            .credentialsProvider(credentials())
            .httpClient(http())
            .forcePathStyle(config.pathStyle())
            // Checksums go along as plain headers (Checksum); older stores choke on trailers.
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            .serviceConfiguration(S3Configuration.builder().chunkedEncodingEnabled(false).build())
            .overrideConfiguration(o ->
                o.retryStrategy(
                    AwsRetryStrategy.standardRetryStrategy().toBuilder()
                        .maxAttempts(config.timeouts().attempts())
                        .build()));
    if (config.endpoint() != null) {
      builder.endpointOverride(config.endpoint());
    }
    return builder.build();
  }

  /** The configured region, or where the store says the bucket is, or the SDK's usual default. */
  private Region region() {
    if (region == null) {
      region = config.region() == null ? askForRegion() : Region.of(config.region());
    }
    return region;
  }

  private Region askForRegion() {
    try (S3Client asking = client(FIRST_GUESS)) {
      String found =
          config.endpoint() == null
              ? asking
                  .headBucket(b -> b.bucket(config.bucket()))
                  .sdkHttpResponse()
                  .firstMatchingHeader("x-amz-bucket-region")
                  .orElse(null)
              : asking
                  .getBucketLocation(b -> b.bucket(config.bucket()))
                  .locationConstraintAsString();
      return found == null || found.isEmpty() ? FIRST_GUESS : Region.of(found);
    } catch (S3Exception e) {
      String named = S3Failures.region(e);
      return named == null ? FIRST_GUESS : Region.of(named);
    } catch (SdkException e) {
      // The request that needs the region will fail likewise, and say what it was.
      return FIRST_GUESS;
    }
  }

  private AwsCredentialsProvider credentials() {
    if (credentials == null) {
      credentials = config.credentialsFile() == null ? defaultChain() : fromFile();
    }
    return credentials;
  }

  private AwsCredentialsProvider defaultChain() {
    DefaultCredentialsProvider.Builder builder = DefaultCredentialsProvider.builder();
    if (config.profile() != null) {
      builder.profileName(config.profile());
    }
    return builder.build();
  }

  private AwsCredentialsProvider fromFile() {
    byte[] content = String.valueOf(config.credentialsFile()).getBytes(StandardCharsets.UTF_8);
    ProfileFile file =
        ProfileFile.builder()
            .content(new ByteArrayInputStream(content))
            .type(ProfileFile.Type.CREDENTIALS)
            .build();
    return ProfileCredentialsProvider.builder()
        .profileFile(file)
        .profileName(config.profile() == null ? "default" : config.profile())
        .build();
  }

  private SdkHttpClient http() {
    if (http == null) {
      Apache5HttpClient.Builder builder =
          Apache5HttpClient.builder()
              .maxConnections(CONNECTIONS)
              .connectionTimeout(config.timeouts().connect())
              .connectionAcquisitionTimeout(config.timeouts().idle())
              .socketTimeout(config.timeouts().idle());
      String caCert = config.caCert();
      if (caCert != null && !config.insecureSkipTlsVerify()) {
        builder.tlsTrustManagersProvider(() -> Trust.platformAnd(caCert, config.describe()));
      }
      http =
          builder.buildWithDefaults(
              AttributeMap.builder()
                  .put(
                      SdkHttpConfigurationOption.TRUST_ALL_CERTIFICATES,
                      config.insecureSkipTlsVerify())
                  .build());
    }
    return http;
  }

  @Override
  public synchronized void close() {
    if (presigner != null) {
      presigner.close();
    }
    if (client != null) {
      client.close();
    }
    if (http != null) {
      http.close();
    }
  }
}
