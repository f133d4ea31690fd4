-- Each cell is a Div whose attributes (set in cells.py) say what it holds; here it becomes HTML.

local shared = dofile(pandoc.path.directory(PANDOC_SCRIPT_FILE) .. "/../report.shared.lua")

local function raw(text) return pandoc.RawBlock("html", text) end

local function escaped(text)
  local signs = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }
  return (text:gsub("%s+", " "):gsub('[&<>"]', signs))
end

local function mark_verdict(plain)
  local verdict = shared.verdict(pandoc.utils.stringify(plain))
  return verdict and pandoc.Plain({ pandoc.Span(plain.content, { class = verdict }) })
end

-- A phone shows each row of verdicts as a card, whose cells are called by their columns.
local function name_cells(tbl)
  local columns = tbl.head.rows[1].cells
  tbl.classes:insert("verdicts")
  for _, body in ipairs(tbl.bodies) do
    for _, row in ipairs(body.body) do
      for i, cell in ipairs(row.cells) do
        cell.attributes["data-label"] = pandoc.utils.stringify(columns[i].contents)
      end
    end
  end
end

-- The browser finds better column widths than the dashes of a pipe table can tell.
local function table_columns(tbl)
  for i, spec in ipairs(tbl.colspecs) do tbl.colspecs[i] = { spec[1], nil } end
  local grouped, has_verdicts = false, false
  local marked = tbl:walk({
    Plain = function(plain)
      local verdict = mark_verdict(plain)
      has_verdicts = has_verdicts or verdict ~= nil
      return verdict
    end,
  })
  for _, body in ipairs(marked.bodies) do
    for _, group in ipairs(shared.group_rows(body.body)) do
      for i = group.first + 1, group.first + group.size - 1 do
        body.body[i].cells[1].classes:insert("inner")
        grouped = true
      end
    end
  end
  if has_verdicts and not grouped then name_cells(marked) end
  return marked
end

local pages = { report = "index.html", supplement = "supplement.html" }

local function link(element)
  return shared.link(element, function(reference, label, document)
    reference.target = pages[document] .. "#" .. label
    return reference
  end)
end

-- An anchor of its own for each heading: two notebooks may use the same words.
local seen = {}

local function named(part, plain)
  return function(header)
    local words = pandoc.utils.stringify(header):lower():gsub("[^%w]+", "-"):gsub("^%-", ""):gsub("%-$", "")
    local name = (part == "front" or part == "back") and words or header.level == 1 and part or part .. "-" .. words
    seen[name] = (seen[name] or 0) + 1
    header.identifier = seen[name] > 1 and name .. "-" .. seen[name] or name
    if plain then header.classes:insert("unnumbered") end
    if part == "front" then header.level = 2 end
    return header
  end
end

-- A wide table scrolls in a box of its own, which the keyboard reaches too.
local function boxed(blocks, name)
  return blocks:walk({
    traverse = "topdown",
    Table = function(tbl)
      local open = ('<div class="scroll" tabindex="0" role="group" aria-label="%s">'):format(escaped(name))
      return { raw(open), tbl, raw("</div>") }, false
    end,
  })
end

-- Blocks behind words, or behind a heading.
local function folded(summary, blocks)
  local open, close = '<details class="evidence"><summary>', "</summary>"
  local first = type(summary) == "string" and { raw(open .. escaped(summary) .. close) }
    or { raw(open), summary, raw(close) }
  return pandoc.Blocks(first) .. blocks .. pandoc.Blocks({ raw("</details>") })
end

-- Return the blocks of a cell; of a figure or table also its name and its caption.
local function typeset(cell)
  local a, blocks = cell.attributes, cell.content
  local plain = a.part == "front" or a.part == "back" or a.kind == "explorer"
  local caption = a.label and table.remove(blocks, 1)
  blocks = blocks:walk({ Header = named(a.part, plain) })
  -- Jupyter's anchor of a heading is its words; here the part stands before them
  blocks = blocks:walk({
    Link = function(element)
      local words = element.target:match("^#(%u[%w-]*)$")
      if words then element.target = "#" .. a.part .. "-" .. words:lower() end
      return element
    end,
  })
  if a.image then
    local alt = escaped(pandoc.utils.stringify(caption))
    blocks:insert(raw(('<img src="%s" alt="%s" style="width:%s">'):format(a.image, alt, a.width)))
  end
  if not caption then return blocks end
  local words = pandoc.Inlines({ pandoc.Strong(a.title .. "."), pandoc.Space() }) .. caption.content
  local said = pandoc.Blocks({ raw("<figcaption>"), pandoc.Plain(words), raw("</figcaption>") })
  blocks = a.kind == "table" and said .. boxed(blocks, a.title) or blocks .. said
  local half = a.image and tonumber(a.width:match("[%d.]+")) <= shared.half
  blocks:insert(1, raw(('<figure id="%s" class="%s">'):format(a.label, half and "half" or a.kind)))
  for label in (a.others or ""):gmatch("%S+") do
    blocks:insert(2, raw(('<span id="%s"></span>'):format(label)))
  end
  blocks:insert(raw("</figure>"))
  return blocks, a.title, pandoc.utils.stringify(caption)
end

-- Sections have a heading, the blocks under it in items that stand together, and the code that made them.
local numbers = { 0, 0 }

local function new_section(part, heading)
  local title = heading and pandoc.utils.stringify(heading) or ""
  if heading and not heading.classes:includes("unnumbered") then
    numbers = heading.level == 1 and { numbers[1] + 1, 0 } or { numbers[1], numbers[2] + 1 }
    title = table.concat(numbers, ".", 1, heading.level) .. " " .. title
  end
  return { part = part, heading = heading, title = title, items = {}, code = pandoc.Blocks({}), has = {} }
end

local function sections_of(cells)
  local sections = pandoc.List({ new_section("front") })
  for _, cell in ipairs(cells) do
    local kind, blocks, name, caption = cell.attributes.kind, typeset(cell)
    for _, block in ipairs(name and { blocks } or blocks) do
      if block.t == "Header" and block.level <= 2 then
        sections:insert(new_section(cell.attributes.part, block))
      elseif kind == "code" then
        sections:at(-1).code:insert(block)
      else
        table.insert(sections:at(-1).items, { blocks = pandoc.Blocks(block), name = name, caption = caption })
      end
    end
    if kind then sections:at(-1).has[kind] = true end
  end
  return sections
end

-- Of the story's page these are folded: the front's sections, those of tables alone, what follows the
-- findings of a part, and what comes after the notebooks.
local function is_evidence(section, concluded)
  local has, part = section.has, section.part
  if part == "back" then return true end
  if section.heading.level == 1 or has.figure or has.explorer then return false end
  return part == "front" or has.table or concluded
end

local function write(section, folds)
  local blocks = pandoc.Blocks({})
  for _, item in ipairs(section.items) do
    if item.name and item.name:match("^Table") and not folds then
      blocks:extend(folded(item.name .. ". " .. item.caption, item.blocks))
    else
      blocks:extend(item.name and item.blocks or boxed(item.blocks, "Table: " .. section.title))
    end
  end
  if #section.code > 0 then blocks:extend(folded("Code: " .. section.title, section.code)) end
  return folds and folded(section.heading, blocks) or pandoc.Blocks({ section.heading }) .. blocks
end

-- A card shows a figure of the page by its label: ![](#figure-1).
local function show_figures(blocks, cells)
  local images = {}
  for _, cell in ipairs(cells) do
    local a = cell.attributes
    if a.image then images["#" .. a.label] = a.image end
  end
  return blocks:walk({
    Image = function(image)
      image.src = images[image.src] or image.src
      return image.src:match("^#") and {} or image
    end,
  })
end

-- Three cards say the first findings already: the list of all is folded.
local function fold_findings(blocks)
  local first, list = pandoc.Blocks({}), pandoc.Blocks({})
  for _, block in ipairs(blocks) do
    local into = (block.t == "BulletList" or #list > 0) and list or first
    into:insert(block)
  end
  return first .. folded("All findings", list)
end

local function assemble(doc)
  local out, concluded = pandoc.Blocks({}), false
  shared.cite(doc)
  if doc.meta.cards then doc.meta.cards = show_figures(doc.meta.cards, doc.blocks) end
  for _, section in ipairs(sections_of(doc.blocks)) do
    if section.heading and section.heading.level == 1 then concluded = false end
    local folds = doc.meta.story and section.heading and is_evidence(section, concluded)
    out:extend(write(section, folds))
    concluded = concluded or section.has.findings
  end
  doc.blocks = out
  if doc.meta.story and doc.meta.findings then doc.meta.findings = fold_findings(doc.meta.findings) end
  return doc
end

return { { Table = table_columns, Link = link }, { Pandoc = assemble } }
