import { z } from "zod";
import { newTicketSchema } from "./ticket.ts";

/** One field of the ticket form, for any platform that can show a form. */
export interface FormField {
  name: string;
  label: string;
  kind: "line" | "text" | "choice" | "tags" | "files";
  required: boolean;
  /** In code points, of the text or of each tag. */
  maxLength?: number;
  maxItems?: number;
  options?: { value: string; label: string }[];
}

const described = z.object({
  maxLength: z.number().optional(),
  maxItems: z.number().optional(),
  enum: z.array(z.string()).optional(),
  items: z.object({ maxLength: z.number().optional() }).optional(),
});

/** Below this length a text is asked for on one line. */
const longestLine = 200;

function formOf(schema: z.ZodObject): FormField[] {
  return Object.entries(schema.shape).map(([name, field]) => ({
    name,
    label: labelOf(name),
    required: !z.safeParse(field, undefined).success,
    ...shapeOf(described.parse(inlined(field))),
  }));
}

/** The field's JSON Schema; what it refers to by name is looked up within it. */
const inlined = (field: z.core.$ZodType) =>
  z.toJSONSchema(field, { io: "input", reused: "inline" });

function shapeOf(field: z.infer<typeof described>): Pick<FormField, "kind"> & Partial<FormField> {
  if (field.enum)
    return {
      kind: "choice",
      options: field.enum.map((value) => ({ value, label: labelOf(value) })),
    };
  if (field.maxItems !== undefined) {
    const { maxItems } = field;
    const maxLength = field.items?.maxLength;
    return maxLength === undefined
      ? { kind: "files", maxItems }
      : { kind: "tags", maxItems, maxLength };
  }
  const maxLength = field.maxLength ?? longestLine;
  return { kind: maxLength > longestLine ? "text" : "line", maxLength };
}

/** `feature_request` reads "Feature request". */
function labelOf(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The ticket form, once: fields, options and limits, read off the schema that validates it. */
export const ticketForm: readonly FormField[] = formOf(newTicketSchema);
