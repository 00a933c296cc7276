# A key of the company's: who may use it.

resource "google_kms_crypto_key_iam_member" "agent" {
  for_each = var.kms_key == "" ? {} : {
    bigquery = "serviceAccount:bq-${data.google_project.this.number}@bigquery-encryption.iam.gserviceaccount.com"
    pubsub   = local.pubsub_agent
    storage  = local.storage_agent
  }

  crypto_key_id = var.kms_key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = each.value

  depends_on = [terraform_data.agents]
}
