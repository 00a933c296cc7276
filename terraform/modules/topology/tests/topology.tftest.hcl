# The rules of the topology, each broken once: `terraform test` in this module's folder, offline.

variables {
  addresses = ["raw.things", "mart.things", "ops.events"]

  topology = {
    topics       = { asked = { record = true }, done = {} }
    schedules    = { sweep = { topic = "asked", cron = "30 4 * * *", zone = "America/Phoenix" } }
    drop         = { prefix = "drop/", topic = "asked" }
    record_table = "ops.events"
    subscription_defaults = {
      ack_deadline_seconds    = 600
      minimum_backoff_seconds = 10
      maximum_backoff_seconds = 600
      max_delivery_attempts   = 8
    }
    functions = {
      pull_things = {
        listens         = [{ topic = "asked", filter = "attributes.pipeline = \"things\"", ack_deadline_seconds = 300 }]
        publishes       = ["done"]
        timeout_seconds = 240
        memory_mib      = 512
        cpu             = 1
        concurrency     = 1
        max_instances   = 1
        secrets         = ["THINGS_KEY"]
        writes_objects  = ["landing/"]
        reads_tables    = ["raw_superseded"]
        writes_tables   = ["raw"]
      }
    }
  }

  catalog = {
    pipelines = { things = { zone = "America/Phoenix" } }
    marts = {
      first  = { feeds = ["second"], tables = { "mart.things" = { key = ["day"] } } }
      second = { tables = {} }
    }
    datasets = {
      all_things = {
        pipeline  = "things"
        feeds     = ["first"]
        tables    = { things = { address = "raw.things" } }
        schedules = { nightly = { cron = "0 21 * * *", request = { offset_days = 364 } } }
      }
    }
  }
}

run "a_topology_becomes_names_and_grants" {
  command = plan

  assert {
    condition     = keys(output.subscriptions) == ["pull-things-on-asked-c1171c"]
    error_message = "A push subscription is named <function-with-dashes>-on-<topic>, and a hash of its filter."
  }
  assert {
    condition     = output.subscriptions["pull-things-on-asked-c1171c"].ack_deadline_seconds == 300 && output.subscriptions["pull-things-on-asked-c1171c"].max_delivery_attempts == 8
    error_message = "What a listener says holds, and the defaults for the rest."
  }
  assert {
    condition     = output.dead_letters == { pull_things = "pull-things-dead-letters" } && output.recordings == { record-asked = "asked" }
    error_message = "Each listener has dead letters, each recorded topic a recording."
  }
  assert {
    condition = output.tables == {
      "raw.things"             = "raw.things"
      "mart.things"            = "mart.things"
      "ops.events"             = "ops.events"
      "raw_superseded.things"  = "raw.things"
      "mart_superseded.things" = "mart.things"
      "ops_log.all_things"     = "ops_log"
      "ops_log.mart_first"     = "ops_log"
      "ops_log.mart_second"    = "ops_log"
    }
    error_message = "Raw tables and marts' tables have one for superseded rows, datasets and marts a change log."
  }
  assert {
    condition     = contains(output.datasets, "raw_incoming")
    error_message = "Raw tables have a dataset for staging tables."
  }
  assert {
    condition     = output.secrets == { THINGS_KEY = "things-key" } && keys(output.object_grants) == ["pull_things writes landing/"]
    error_message = "Secrets are named in kebab case, and grants after who may do what."
  }
  assert {
    condition     = output.schedules["all-things-nightly"].data == { pipeline = "things", dataset = "all_things", offset_days = 364 }
    error_message = "A schedule publishes its dataset and what it asks for, and nothing that it doesn't."
  }
  assert {
    condition     = output.schedules["sweep"].topic == "asked" && output.schedules["sweep"].data == {}
    error_message = "A schedule of the topology publishes an empty request."
  }
}

run "one_that_hears_dead_letters_hears_all_but_its_own" {
  command = plan
  variables {
    topology = merge(var.topology, { functions = merge(var.topology.functions, {
      report = merge(var.topology.functions.pull_things, { hears_dead_letters = true })
    }) })
  }

  assert {
    condition     = [for name, subscription in output.subscriptions : subscription.topic if subscription.filter == "NOT attributes:baton_function"] == ["pull-things-dead-letters"]
    error_message = "A function that hears dead letters is subscribed to every other function's."
  }
}

run "a_schedule_of_an_unknown_topic_fails" {
  command = plan
  variables {
    topology = merge(var.topology, { schedules = { sweep = { topic = "swept", cron = "30 4 * * *", zone = "America/Phoenix" } } })
  }
  expect_failures = [var.topology]
}

run "a_listener_without_publisher_fails" {
  command = plan
  variables {
    topology = merge(var.topology, { functions = {
      alone = merge(var.topology.functions.pull_things, { listens = [{ topic = "done" }], publishes = [] })
    } })
  }
  expect_failures = [var.topology]
}

run "an_unknown_topic_fails" {
  command = plan
  variables {
    topology = merge(var.topology, { functions = {
      pull_things = merge(var.topology.functions.pull_things, { publishes = ["dnoe"] })
    } })
  }
  expect_failures = [var.topology]
}

run "a_drop_to_an_unknown_topic_fails" {
  command = plan
  variables {
    topology = merge(var.topology, { drop = { prefix = "drop/", topic = "dropped" } })
  }
  expect_failures = [var.topology]
}

run "an_unknown_dataset_fails" {
  command = plan
  variables {
    topology = merge(var.topology, { functions = {
      pull_things = merge(var.topology.functions.pull_things, { reads_tables = ["rwa"] })
    } })
  }
  expect_failures = [var.topology]
}

run "a_function_that_outlasts_its_message_fails" {
  command = plan
  variables {
    topology = merge(var.topology, { functions = {
      pull_things = merge(var.topology.functions.pull_things, { timeout_seconds = 300 })
    } })
  }
  expect_failures = [var.topology]
}

run "too_few_attempts_fail" {
  command = plan
  variables {
    topology = merge(var.topology, { functions = {
      pull_things = merge(var.topology.functions.pull_things, { listens = [{ topic = "asked", max_delivery_attempts = 4 }] })
    } })
  }
  expect_failures = [var.topology]
}

run "a_filter_beyond_256_bytes_fails" {
  command = plan
  variables {
    topology = merge(var.topology, { functions = {
      pull_things = merge(var.topology.functions.pull_things, {
        listens = [{ topic = "asked", filter = join(" OR ", [for n in range(20) : "attributes.n = ${n}"]) }]
      })
    } })
  }
  expect_failures = [var.topology]
}

run "a_record_table_without_schema_fails" {
  command = plan
  variables {
    topology = merge(var.topology, { record_table = "ops.evnets" })
  }
  expect_failures = [var.topology]
}

run "an_unknown_pipeline_fails" {
  command = plan
  variables {
    catalog = merge(var.catalog, { datasets = { lost = { pipeline = "nowhere", tables = {} } } })
  }
  expect_failures = [var.catalog]
}

run "a_table_without_schema_fails" {
  command = plan
  variables {
    catalog = merge(var.catalog, { datasets = { lost = { pipeline = "things", tables = { lost = { address = "raw.lost" } } } } })
  }
  expect_failures = [var.catalog]
}

run "an_unknown_mart_fails" {
  command = plan
  variables {
    catalog = merge(var.catalog, { marts = { first = { feeds = ["third"] } } })
  }
  expect_failures = [var.catalog]
}

run "a_cycle_fails" {
  command = plan
  variables {
    catalog = merge(var.catalog, { marts = {
      first = { feeds = ["second"] }, second = { feeds = ["third"] }, third = { feeds = ["first"] }
    } })
  }
  expect_failures = [output.schedules]
}
