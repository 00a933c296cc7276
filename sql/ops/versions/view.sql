-- One row a version of every dataset and mart: what changed, when, because of which batch.
${versions}
