/** An object store in an S3 bucket, on the AWS SDK, which nothing outside this package sees. */
@NullMarked
package dev.holdfast.store.s3;

import org.jspecify.annotations.NullMarked;
