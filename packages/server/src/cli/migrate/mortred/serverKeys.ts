/** Keys of a server section that only say how the predecessor spreads its work or guards itself. */
export const serverNotes: Readonly<Record<string, string>> = {
  max_connections:
    'listen.connectionsMax bounds the connections of all ports together; eras A and B never use the value.',
  peer_resp_timeout: 'listen.requestTimeoutMs and listen.replyTimeoutMs; eras A and B never use the value.',
  compute_threads: 'threads are planned from the cores; engine.threads sets their number.',
  handler_threads: 'requests need no threads here.',
  worker_nums: 'worker processes are planned from the cores; engine.workers sets their number.',
  max_batch_size: 'batching.maxSize in the model’s own model.yaml.',
  max_batch_delay_ms: 'batching.delayMs in the model’s own model.yaml.',
  server_exe: 'there is one program for all models.',
  stuck_worker_action: 'a worker that hangs is replaced.',
  stuck_worker_threshold_times: 'a worker that hangs is replaced.',
};

/** Keys that stand in the equivalent configuration. */
export const carriedKeys = [
  'port',
  'host',
  'server_url',
  'server_uri',
  'model_run_timeout',
  'request_size_limit',
  'max_queue_depth',
  'auth_token',
  'rate_limit_qps',
  'async_enabled',
  'async_timeout',
  'async_max_queue',
  'async_job_ttl',
  'async_max_completed',
] as const;

/** What eras A and B do not know, so that a file that has one is of era C. */
export const strictKeys: readonly string[] = [
  'max_queue_depth',
  'max_batch_size',
  'max_batch_delay_ms',
  'auth_token',
  'rate_limit_qps',
  'server_exe',
  'stuck_worker_action',
  'stuck_worker_threshold_times',
  ...carriedKeys.filter((key) => key.startsWith('async_')),
];

/** Keys of a model's own file. */
export const modelNotes: Readonly<Record<string, string>> = {
  model_threads_num: 'threads are planned from the cores; engine.threads sets their number.',
  compute_backend: '`providers` in the model’s own model.yaml.',
  backend_type: 'every model runs in ONNX Runtime; `providers` in its model.yaml say where.',
  backend_precision_mode: 'the precision is that of the ONNX file.',
  backend_power_mode: 'ONNX Runtime has no such mode.',
};
