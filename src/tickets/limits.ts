/** How long and how many; lengths of text count Unicode code points, as JSON Schema does. */
export const limits = {
  idLength: 200,
  titleLength: 150,
  descriptionLength: 10_000,
  messageLength: 10_000,
  /** Of one ticket: all of it is read and written as one. */
  entries: 5_000,
  conversationLength: 2_000_000,
  resolutionLength: 10_000,
  attachments: 20,
  filenameLength: 255,
  urlLength: 2_048,
  mimeTypeLength: 255,
  tags: 20,
  tagLength: 50,
  pageSize: 100,
  searchLength: 200,
  idempotencyKeyLength: 255,
} as const;
