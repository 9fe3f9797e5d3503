/** What the control plane needs of a logger; pino's `Logger` fits. Messages are static, values are fields. */
export interface CallLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
