import { z } from "zod";
import { limits } from "./limits.ts";

/** https://docs.slack.dev/reference/block-kit/composition-objects and block-elements. */

const characters = (max: number, min = 1) => z.string().min(min).max(max);

export const plain = (max: number) =>
  z.strictObject({
    type: z.literal("plain_text"),
    text: characters(max),
    emoji: z.boolean().optional(),
  });

const markdown = (max: number) =>
  z.strictObject({
    type: z.literal("mrkdwn"),
    text: characters(max),
    verbatim: z.boolean().optional(),
  });

export const anyText = (max: number) => z.discriminatedUnion("type", [plain(max), markdown(max)]);

const confirm = z.strictObject({
  title: plain(limits.confirmTitle),
  text: anyText(limits.confirmText),
  confirm: plain(limits.confirmButton),
  deny: plain(limits.confirmButton),
  style: z.enum(["primary", "danger"]).optional(),
});

const option = (text: z.ZodType) =>
  z.strictObject({
    text,
    value: characters(limits.optionValue),
    description: anyText(limits.optionDescription).optional(),
    url: characters(limits.buttonUrl).optional(),
  });

const plainOption = option(plain(limits.optionText));
const richOption = option(anyText(limits.optionText));
const plainOptions = z.array(plainOption).min(1).max(limits.options);

const actionId = { action_id: characters(limits.actionId).optional() };
const common = {
  ...actionId,
  confirm: confirm.optional(),
  focus_on_load: z.boolean().optional(),
};
const placeholder = { placeholder: plain(limits.placeholder).optional() };
const menu = { ...common, ...placeholder };
const several = { max_selected_items: z.int().min(1).optional() };
const responds = { response_url_enabled: z.boolean().optional() };

const staticOptions = {
  options: plainOptions.optional(),
  option_groups: z
    .array(z.strictObject({ label: plain(limits.optionText), options: plainOptions }))
    .min(1)
    .max(limits.optionGroups)
    .optional(),
};

const conversations = {
  default_to_current_conversation: z.boolean().optional(),
  filter: z.looseObject({}).optional(),
};

const type = <T extends string>(name: T) => ({ type: z.literal(name) });
const ids = z.array(z.string());
const dispatch = { dispatch_action_config: z.looseObject({}).optional() };

const button = z.strictObject({
  ...type("button"),
  ...actionId,
  text: plain(limits.buttonText),
  url: characters(limits.buttonUrl).optional(),
  value: z.string().max(limits.buttonValue).optional(),
  style: z.enum(["primary", "danger"]).optional(),
  confirm: confirm.optional(),
  accessibility_label: characters(limits.accessibilityLabel).optional(),
});

export const image = z.strictObject({
  ...type("image"),
  image_url: characters(3_000).optional(),
  slack_file: z.looseObject({}).optional(),
  alt_text: characters(2_000),
});

const choices = {
  ...common,
  options: z.array(richOption).min(1).max(limits.choices),
};

const menus = [
  z.strictObject({
    ...type("static_select"),
    ...menu,
    ...staticOptions,
    initial_option: plainOption.optional(),
  }),
  z.strictObject({
    ...type("multi_static_select"),
    ...menu,
    ...several,
    ...staticOptions,
    initial_options: plainOptions.optional(),
  }),
  z.strictObject({
    ...type("external_select"),
    ...menu,
    min_query_length: z.int().optional(),
    initial_option: plainOption.optional(),
  }),
  z.strictObject({
    ...type("multi_external_select"),
    ...menu,
    ...several,
    min_query_length: z.int().optional(),
    initial_options: plainOptions.optional(),
  }),
  z.strictObject({ ...type("users_select"), ...menu, initial_user: z.string().optional() }),
  z.strictObject({
    ...type("multi_users_select"),
    ...menu,
    ...several,
    initial_users: ids.optional(),
  }),
  z.strictObject({
    ...type("conversations_select"),
    ...menu,
    ...conversations,
    ...responds,
    initial_conversation: z.string().optional(),
  }),
  z.strictObject({
    ...type("channels_select"),
    ...menu,
    ...responds,
    initial_channel: z.string().optional(),
  }),
] as const;

const pickers = [
  z.strictObject({
    ...type("overflow"),
    ...actionId,
    confirm: confirm.optional(),
    options: z.array(plainOption).min(1).max(limits.overflowOptions),
  }),
  z.strictObject({
    ...type("checkboxes"),
    ...choices,
    initial_options: z.array(richOption).min(1).optional(),
  }),
  z.strictObject({
    ...type("radio_buttons"),
    ...choices,
    initial_option: richOption.optional(),
  }),
  z.strictObject({ ...type("datepicker"), ...menu, initial_date: z.string().optional() }),
  z.strictObject({ ...type("timepicker"), ...menu, initial_time: z.string().optional() }),
  z.strictObject({ ...type("datetimepicker"), ...common, initial_date_time: z.int().optional() }),
] as const;

const text = { ...actionId, ...placeholder, ...dispatch, focus_on_load: z.boolean().optional() };

/** Elements that only an input block can hold. */
const typed = [
  z.strictObject({
    ...type("plain_text_input"),
    ...text,
    initial_value: z.string().max(limits.plainTextInput).optional(),
    multiline: z.boolean().optional(),
    min_length: z.int().min(0).max(limits.plainTextInput).optional(),
    max_length: z.int().min(1).max(limits.plainTextInput).optional(),
  }),
  z.strictObject({
    ...type("email_text_input"),
    ...text,
    initial_value: z.string().optional(),
  }),
  z.strictObject({ ...type("url_text_input"), ...text, initial_value: z.string().optional() }),
  z.strictObject({
    ...type("number_input"),
    ...text,
    is_decimal_allowed: z.boolean(),
    initial_value: z.string().optional(),
    min_value: z.string().optional(),
    max_value: z.string().optional(),
  }),
  z.strictObject({
    ...type("rich_text_input"),
    ...text,
    initial_value: z.looseObject({}).optional(),
  }),
  z.strictObject({
    ...type("file_input"),
    ...actionId,
    filetypes: z.array(z.string()).optional(),
    max_files: z.int().min(1).max(limits.files).optional(),
  }),
] as const;

export const sectionAccessory = z.discriminatedUnion("type", [button, image, ...menus, ...pickers]);
export const actionsElement = z.discriminatedUnion("type", [button, ...menus, ...pickers]);
export const inputElement = z.discriminatedUnion("type", [...menus, ...pickers, ...typed]);
