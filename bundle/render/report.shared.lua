-- What the PDF's filter and the page's share: reading cells that Python has prepared (cells.py).

local function read_html(block)
  if block.format ~= "html" then return nil end
  local blocks, tables = pandoc.read(block.text, "html").blocks, pandoc.Blocks({})
  blocks:walk({ Table = function(tbl) tables:insert(tbl) end })
  return #tables > 0 and tables or blocks
end

-- A path to a file or to another notebook leads nowhere from a document that stands alone.
local function link(element)
  local target = element.target
  if target:match("^%a+:") or target:match("^#figure%-") or target:match("^#table%-")
    or target:match("^#ref%-") or target:match("^#part%-") then return nil end
  return element.content
end

-- A row whose first cell is empty belongs to the row above: their first cells become one. Returns where groups
-- of rows begin, and how many rows each has.
local function group_rows(rows)
  local groups = {}
  for i, row in ipairs(rows) do
    if i > 1 and #row.cells > 1 and pandoc.utils.stringify(row.cells[1].contents) == "" then
      row.cells:remove(1)
      groups[#groups].size = groups[#groups].size + 1
    else
      table.insert(groups, { first = i, size = 1 })
    end
  end
  for _, group in ipairs(groups) do
    if group.size > 1 then rows[group.first].cells[1].row_span = group.size end
  end
  return groups
end

local verdicts = {
  ["holds"] = "holds",
  ["fails"] = "fails",
  ["does not hold"] = "fails",
  ["undecided"] = "undecided",
  ["depends"] = "undecided",
}

-- Return the class of a cell that is a verdict: "holds", "holds, 41/49", or "holds: 83.5 %".
local function verdict(text)
  return verdicts[text:match("^([%a ]+), %d+/%d+$") or text:match("^(%a+): ") or text]
end

return {
  group_rows = group_rows,
  link = link,
  half = 3.16, -- inches: figures up to this wide stand side by side
  read_html = read_html,
  verdict = verdict,
}
