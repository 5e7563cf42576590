// Reads what the server answers: every field is checked, and an error names it.

export type Fields = Record<string, unknown>;

export function fields(value: unknown, where: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error(`${where}: expected an object`);
  }
  return value as Fields;
}

/** `where`: of the object in what was answered, for the error. */
export function number(from: Fields, key: string, where = ""): number {
  const value = from[key];
  if (typeof value !== "number" || !Number.isFinite(value))
    throw new Error(`${path(where, key)}: expected a number`);
  return value;
}

export function text(from: Fields, key: string, where = ""): string {
  const value = from[key];
  if (typeof value !== "string") throw new Error(`${path(where, key)}: expected a string`);
  return value;
}

export function flag(from: Fields, key: string, where = ""): boolean {
  const value = from[key];
  if (typeof value !== "boolean") throw new Error(`${path(where, key)}: expected true or false`);
  return value;
}

export function list<T>(value: unknown, read: (from: Fields) => T, where: string): T[] {
  if (!Array.isArray(value)) throw new Error(`${where}: expected an array`);
  return value.map((item, index) => read(fields(item, `${where}[${index}]`)));
}

export function numbers(value: unknown, where: string): number[] {
  if (!Array.isArray(value) || value.some((one) => typeof one !== "number"))
    throw new Error(`${where}: expected numbers`);
  return value;
}

function path(where: string, key: string): string {
  return where === "" ? key : `${where}.${key}`;
}
